import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import type { Stats } from '../../../lib/contract/operator-schemas.ts';
import { changeStock } from '../../../lib/store/stock.ts';
import { submitAll } from '../../support/store.ts';
import { HOSTILE, rushOrders } from '../seed-orders.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
const MIN = 60_000;
const ADMIN = { authorization: 'Bearer local-admin-key' };

async function api(path: string, method = 'GET', body?: object) {
  const headers = { ...ADMIN, ...(body && { 'content-type': 'application/json' }) };
  const sent = body && { body: JSON.stringify(body) };
  const answer = await fetch(`${rig.stack.url}${path}`, { method, headers, ...sent });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> & Stats };
}

beforeEach(() => rig.store.redis.flushall());

const verdict = (page: Page) => page.locator('[data-verdict]').getAttribute('data-verdict');
const number = (text: string | null) => Number(text?.replace(/[≈,]/g, '').match(/\d+/)?.[0]);

test('each count is that of GET /stats, and the hour’s table has what the seed did, to the minute', async () => {
  const seeded = await rig.seed();
  const { body: stats } = await api('/stats');
  expect(stats).toMatchObject({
    queued: 1_512,
    dead: 412,
    produced: 3_000,
    canceled: 5,
    scheduled: 71,
  });
  const page = await rig.open();
  for (const name of ['queued', 'producing', 'scheduled', 'dead', 'produced', 'canceled']) {
    const shown = await page.locator(`[data-count=${name}] dd`).textContent();
    expect([name, number(shown), shown?.startsWith('≈')]).toEqual([
      name,
      stats[name],
      stats.approximate.includes(name),
    ]);
  }
  await page.getByText('≈ Orders whose lease or wait is just over').waitFor();

  const table = page.getByRole('region', {
    name: 'Orders in and out, the last hour, as a table',
    includeHidden: true,
  });
  await page.locator('summary', { hasText: 'Orders in and out' }).click();
  const told = await table
    .locator('tbody tr')
    .evaluateAll((rows) =>
      (rows as unknown as { children: { textContent: string }[] }[]).map(({ children }) =>
        [...children].map(({ textContent }) => textContent),
      ),
    );
  const byMinute = new Map(told.map(([minute = '', came, went]) => [minute, { came, went }]));
  // The first minute has no depth before it, and the last is not over.
  const minutes = seeded.minutes.slice(1, -1).map((one) => ({
    ...one,
    ...byMinute.get(new Date(one.atMs).toISOString().slice(11, 16)),
  }));
  const wentOut = minutes.map(({ produced, dead }) => String(produced + dead));
  expect(minutes.map(({ went }) => went)).toEqual(wentOut);
  // What came in is exact while nothing is retried: a retry that is due becomes ready as well.
  const [early, all] = [minutes.slice(0, 15), minutes];
  expect(early.map(({ came }) => came)).toEqual(early.map(({ cameIn }) => String(cameIn)));
  const sum = (figures: (number | string | undefined)[]) =>
    figures.reduce<number>((total, n) => total + Number(n), 0);
  const ratio = sum(all.map(({ came }) => came)) / sum(all.map(({ cameIn }) => cameIn));
  expect(ratio).toBeGreaterThan(0.97);
  expect(ratio).toBeLessThan(1.03);
  expect(await verdict(page)).toBe('falling-behind');
});

test('with nothing there it is idle, and says so', async () => {
  const page = await rig.open();
  await page.locator('[data-verdict=idle]').waitFor();
  await page.getByText('Nothing waits.').waitFor();
});

test('drain now shows what the drain did; while the drains are paused it says why not', async () => {
  const nowMs = Date.now();
  const plan = {
    accepted: 30,
    produced: 0,
    dead: [0, 0, 0],
    toRetry: 0,
    scheduled: 1,
    canceled: 0,
  } as const;
  const orders = rushOrders(plan, { startMs: nowMs - MIN, endMs: nowMs, minutes: 1 });
  const some = orders.filter(
    ({ client, submission }) => client === 'shop' && !submission.produceAtMs,
  );
  await submitAll(rig.store, some, nowMs - MIN);
  const page = await rig.open();
  await page.getByRole('button', { name: 'Drain now' }).click();
  await page
    .getByText(`${some.length} orders claimed: ${some.length} produced, 0 to retry, 0 dead.`)
    .waitFor();
  await expect
    .poll(async () => number(await page.locator('[data-count=produced] dd').textContent()))
    .toBe(some.length);

  await api('/pause', 'POST', { forMs: 5 * MIN, reason: 'ERP release' });
  await page.getByRole('button', { name: 'Drain now' }).click();
  await page.getByText(/No drain was started: ops has paused the drains until/).waitFor();
});

test('a pause shows on every screen with its end and its reason; orders are still accepted; Resume ends it', async () => {
  const page = await rig.open();
  await page.getByRole('button', { name: 'Pause …' }).click();
  await page.getByRole('dialog').locator('select').selectOption('5');
  await page.getByLabel(/^Why/).fill('ERP <b>release</b>');
  await page.getByRole('button', { name: 'Pause for 5 minutes' }).click();
  const strip = page.locator('.strip', { hasText: 'Paused by ops until' });
  await strip.waitFor();
  expect(await strip.textContent()).toContain('“ERP <b>release</b>”');
  await page.locator('[data-verdict=paused]').waitFor();
  for (const hash of ['#/orders', '#/dead-letters', '#/health']) {
    await goTo(page, hash);
    expect(await strip.isVisible()).toBe(true);
  }
  const [order] = rushOrders(
    { accepted: 1, produced: 0, dead: [0, 0, 0], toRetry: 0, scheduled: 1, canceled: 0 },
    { startMs: Date.now(), endMs: 0, minutes: 1 },
  );
  const { customer, currency, lines } = order?.submission ?? {};
  const submitted = await fetch(`${rig.stack.url}/orders`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer local-shop-key',
      'content-type': 'application/json',
      'idempotency-key': 'k',
    },
    body: JSON.stringify({ customer, currency, lines }),
  });
  expect(submitted.status).toBe(202);
  expect((await api('/drain', 'POST')).status).toBe(409);
  await strip.getByRole('button', { name: 'Resume now' }).click();
  await strip.waitFor({ state: 'detached' });
  expect((await api('/drain', 'POST')).body).toMatchObject({ produced: 1 });
});

test('a page that nobody sees asks nothing, and asks at once when it is seen again', async () => {
  const page = await rig.open();
  await page.locator('[data-verdict]').waitFor();
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/api/live')) asked += 1;
  });
  const setHidden = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      const { document } = globalThis as unknown as { document: EventTarget };
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await page.clock.install();
  await page.reload();
  await page.locator('[data-verdict]').waitFor();
  await setHidden(true);
  asked = 0;
  await page.clock.runFor(30_000);
  expect(asked).toBe(0);
  await setHidden(false);
  await expect.poll(() => asked).toBe(1);
});

test('the runbook is at hand where the verdict is', async () => {
  await rig.seed();
  const page = await rig.open();
  await page.getByRole('link', { name: 'Runbook' }).click();
  await page.getByRole('heading', { name: 'oldest-order-too-old' }).waitFor();
  await page.getByText('Means.', { exact: true }).waitFor();
});

test('what the console says it has cost is what Redis was billed: to the command while it reads', async () => {
  await rig.seed();
  const before = rig.stack.billedCommands();
  const billed = () => rig.stack.billedCommands() - before;
  const page = await rig.open();
  await page.locator('[data-verdict]').waitFor();
  for (const hash of ['#/orders', '#/dead-letters', '#/health', '#/now?range=6h']) {
    await goTo(page, hash);
    await page.locator('main .card').first().waitFor();
    await expect.poll(() => page.getByText(/^(Reading|Asking)/).count()).toBe(0);
  }
  // The next look has the sum.
  const told = page.getByText(/has used [\d,]+ Redis commands/);
  const used = async () =>
    Number((await told.textContent())?.match(/used ([\d,]+)/)?.[1]?.replaceAll(',', ''));
  await expect.poll(async () => (await used()) - billed(), { timeout: 15_000 }).toBe(0);
  await page.getByRole('button', { name: 'Drain now' }).click();
  await page.getByText(/orders? claimed:/).waitFor({ timeout: 40_000 });
  // A drain runs scripts, of which the typical bill is told.
  await expect
    .poll(async () => Math.abs((await used()) / billed() - 1), { timeout: 15_000 })
    .toBeLessThan(0.2);
});

test('the SKUs of which the least is left are shown, the scarcest first', async () => {
  const units = { ticket: 40, [HOSTILE[0]]: 3, mug: 900 };
  const changes = Object.entries(units).map(
    ([sku, left]) => ({ sku, kind: 'set', units: left }) as const,
  );
  await changeStock(rig.store, changes, 'once');
  const page = await rig.open();
  await page.locator('[data-stock]').first().waitFor();
  expect(await page.locator('[data-stock] td:nth-child(-n+2)').allTextContents()).toEqual([
    ...[HOSTILE[0], '3'],
    ...['ticket', '40'],
    ...['mug', '900'],
  ]);
});
