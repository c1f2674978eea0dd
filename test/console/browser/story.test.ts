import { expect, test } from 'vitest';
import { start } from '../../cli/command.ts';
import { seedStory } from '../seed.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();

test('a story has two failures and a lease that nobody answered for; the sentence says what is next', async () => {
  const id = await seedStory(rig.store, Date.now() - 1_000);
  const page = await rig.open(`#/orders/${id}`);
  const why = page.locator('.why[data-kind]');
  await why.waitFor();
  expect(await why.getAttribute('data-kind')).toBe('retry');
  expect(await why.textContent()).toMatch(/Attempt 3 of 24 failed at .*"ERP: 503"/);
  const events = await page
    .locator('[data-event]')
    .evaluateAll((all) =>
      (all as unknown as { dataset: { event: string } }[]).map(({ dataset }) => dataset.event),
    );
  expect(events).toEqual([
    'accepted',
    'claimed',
    'failed',
    'no answer',
    'claimed',
    'failed',
    'next attempt',
  ]);
  const times = await page
    .locator('.story time')
    .evaluateAll((all) =>
      (all as unknown as { dateTime: string }[]).map(({ dateTime }) => Date.parse(dateTime)),
    );
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(await page.locator('.story').textContent()).not.toMatch(/\+-|took -/);
});

test('an order that was stranded is told, repaired by a pass, and listed under Health', async () => {
  await rig.store.redis.flushall();
  const { orders } = await rig.seed();
  const lost = orders
    .filter(({ client, submission }) => client === 'shop' && !submission.produceAtMs)
    .at(-20);
  const id = lost?.id ?? '';
  await rig.store.redis.lrem(rig.store.keys.queue('shop'), 1, id);
  const page = await rig.open(`#/orders/${id}`);
  await page.locator('.why[data-kind=stranded]').waitFor();
  await page.getByText('npm run sluice -- reconcile --repair').waitFor();
  const { exitCode } = await start(['reconcile', '--repair'], {
    UPSTASH_REDIS_REST_URL: rig.stack.redis.url,
    UPSTASH_REDIS_REST_TOKEN: rig.stack.redis.token,
  }).ended;
  expect(exitCode).toBe(0);
  const later = await rig.open('#/now');
  await later.locator('[data-verdict]').waitFor();
  await goTo(later, '#/health');
  await later.getByRole('heading', { name: '5,000 of 5,000 orders accounted for' }).waitFor();
  await later.locator('[data-finding=stranded]').waitFor();
  await later.locator(`[data-order=${id}]`).waitFor();
});
