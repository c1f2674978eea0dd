import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { newOrder } from '../../support/orders.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { submitAll } from '../../support/store.ts';
import { drainOnce } from '../seed.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
const { store } = rig;
const AT_ONCE = 500;

beforeEach(() => store.redis.flushall());

/** Orders that are rejected by the drain that claims them, all for the same reason. */
async function die(count: number, name = 'key') {
  const ids: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const orders = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, nth) =>
      newOrder(`${name}-${from + nth}`, { acceptedAtMs: Date.now() }),
    );
    await submitAll(store, orders, Date.now());
    await rejectReady();
    ids.push(...orders.map(({ id }) => id));
  }
  return ids;
}

const rejectReady = () =>
  drainOnce(
    store,
    steppedClock(Date.now()),
    async (some) =>
      new Map(some.map(({ id }, nth) => [id, { kind: 'rejected', reason: `No SKU ${nth}` }])),
    { batchSize: AT_ONCE },
  );

const deadNow = () => store.redis.zcard(store.keys.dead('shop'));

interface Sent {
  readonly ids: readonly string[];
  readonly ordersPerSecond?: number;
}

async function opened(): Promise<{ page: Page; sent: Sent[] }> {
  const page = await rig.open('#/dead-letters');
  const sent: Sent[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/redrive')) sent.push(request.postDataJSON());
  });
  await page.getByRole('button', { name: 'Put back …' }).click();
  return { page, sent };
}

/** The whole group at a pace, by one double click. */
async function putBackAll(page: Page, count: number, pace = '100'): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Orders a second').selectOption(pace);
  await dialog.getByLabel(`Type ${count} to confirm`).fill(`${count}`);
  await dialog.getByRole('button', { name: `Put back ${count}`, exact: true }).dblclick();
}

test('of 1,200 dead the newest 1,000 are grouped and put back, and that is said', async () => {
  const ids = await die(1_200);
  const { page } = await opened();
  await page.getByText('1,200 dead, grouped: the newest 1,000 of 1,200.').waitFor();
  await page.locator('[data-group="1000"]').waitFor();
  await page.getByRole('heading', { name: 'Put back 1,000 orders' }).waitFor();
  expect(await page.locator('.ids li').count()).toBe(20);
  const { groups } = (await (
    await fetch(`${rig.stack.url}/dead-letters/reasons`, {
      headers: { authorization: 'Bearer local-admin-key' },
    })
  ).json()) as { groups: { ids: string[] }[] };
  // Those that died first are the ones beyond the window.
  const inWindow = new Set(groups.flatMap((group) => group.ids));
  expect(ids.slice(-AT_ONCE).every((id) => inWindow.has(id))).toBe(true);
});

test('what died meanwhile is mentioned and left out; every order is due at its own moment, once', async () => {
  const ids = await die(150);
  const { page, sent } = await opened();
  const later = await die(3, 'later');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'look again' }).click();
  await dialog.getByText('3 have died of this since; they are not among these.').waitFor();
  await putBackAll(page, 150);
  await dialog.getByText('150 of 150 put back.').waitFor();
  expect(sent.map(({ ids: some }) => some.length)).toEqual([100, 50]);
  expect(sent.flatMap((one) => one.ids).toSorted()).toEqual(ids.toSorted());
  expect(await store.redis.zrange(store.keys.dead('shop'), 0, -1)).toEqual(
    expect.arrayContaining(later),
  );
  expect(await deadNow()).toBe(3);

  const due = await store.redis.zrange<(string | number)[]>(store.keys.pending('shop'), 0, -1, {
    withScores: true,
  });
  const dueMs = due.filter((_, at) => at % 2 === 1).map(Number);
  const steps = dueMs.slice(1).map((ms, at) => ms - (dueMs[at] ?? 0));
  expect(dueMs).toHaveLength(150);
  // 100 a second: a hundredth apart, also from one hundred to the next.
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(10);
  expect(steps.filter((step) => step > 11).length).toBeLessThanOrEqual(1);

  await page.reload();
  await goTo(page, '#/dead-letters');
  await page.getByText('3 dead, grouped: all 3').waitFor();
  expect(sent).toHaveLength(2);
});

test('an answer that is lost ends it: the page says what is unknown, and sends no more', async () => {
  await die(150);
  const { page, sent } = await opened();
  await page.route('**/api/redrive', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await putBackAll(page, 150);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('0 of 150 put back · 100 unknown: the answer was lost.').waitFor();
  await dialog.getByText('Stopped: 50 are still dead.').waitFor();
  await dialog.getByText('Whether it was done is not known').waitFor();
  await dialog.getByText('Look at the orders before you do it again.').waitFor();
  expect(sent).toHaveLength(1);
  // It was done, as it happens: whoever looks again finds the 50.
  expect(await deadNow()).toBe(50);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('50 dead, grouped: all 50').waitFor();
});

test('what dies again is in the same group, and is told as put back before', async () => {
  await die(5);
  const { page } = await opened();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Put back 5', exact: true }).click();
  await dialog.getByText('5 of 5 put back.').waitFor();
  await expect.poll(() => rejectReady().then(deadNow)).toBe(5);
  await die(2, 'other');
  await dialog.getByRole('button', { name: 'Close' }).click();
  const group = page.locator('[data-group="7"]');
  await group.getByText('5 put back before, and died again').waitFor();
  await group.getByRole('button', { name: 'Put back …' }).click();
  await dialog.getByText('5 of them were put back before, and died again.').waitFor();
});
