import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { noteDrain } from '../../../lib/store/activity.ts';
import { submit } from '../../../lib/store/submit.ts';
import { newOrder, orderBody } from '../../support/orders.ts';
import { seededStack } from './rig.ts';

process.env.SLUICE_QUEUE_MAX = '1000';
const rig = await seededStack();
const { store } = rig;
const MIN = 60_000;
const AT_ONCE = 500;

beforeEach(() => store.redis.flushall());

/** Orders of a client that wait, or that are for later. */
async function wait(count: number, client = 'shop', produceAtMs?: number): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const orders = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, nth) =>
      newOrder(`${client}-${produceAtMs ?? ''}-${from + nth}`, {
        ...{ client, acceptedAtMs: Date.now() },
        submission: produceAtMs === undefined ? {} : { produceAtMs },
      }),
    );
    const limits = { pendingMax: 100_000, queueMax: 100_000 };
    await submit(store, { client, orders, nowMs: Date.now(), ...limits });
  }
}

/** Eight minutes of drains: how many each took, and how many were ready after it. */
async function drained(claimed: number, depthOf: (minutesAgo: number) => number): Promise<void> {
  const thisMinute = Math.floor(Date.now() / MIN) * MIN;
  for (let ago = 8; ago >= 1; ago -= 1) {
    const startMs = thisMinute - ago * MIN + 1_000;
    const counts = {
      ...{ claimed, arrived: claimed, token: (9 - ago) * claimed, produced: claimed },
      ...{ retried: 0, dead: 0, drains: 1, woken: 0, queued: depthOf(ago), due: 0 },
    };
    const record = { startMs, endMs: startMs + 50_000, slot: 0, ...counts };
    const rest = { oldestAgeMs: 0, latencies: [], ending: 'time-up' } as const;
    await noteDrain(store, { record: { ...record, ...rest }, trigger: 'schedule' });
  }
}

const forecast = (page: Page) => page.locator('[data-forecast]');
const hourAndMinute = (ms: number) => new Date(ms).toISOString().slice(11, 16);

test('a queue that is nearly full says how full, when it is full, and what clients get: a 429', async () => {
  await wait(950);
  await drained(60, (ago) => 950 - 10 * ago);
  const page = await rig.open();
  const gauge = page.locator('[data-gauge]');
  await gauge.getByText('95 % of the 1,000 orders that shop may have waiting').waitFor();
  const fullAt = [0, MIN].map((ms) => hourAndMinute(Date.now() + 5 * MIN + ms - MIN));
  expect(fullAt).toContain(/full at (\d\d:\d\d)/.exec((await gauge.textContent()) ?? '')?.[1]);
  expect(await gauge.textContent()).toContain('clients get 429');
  await page.locator('[data-verdict=nearly-full]').waitFor();

  await wait(50, 'shop', undefined);
  let answer: Response | undefined;
  for (let nth = 0; nth < 60 && answer?.status !== 429; nth += 1) {
    answer = await fetch(`${rig.stack.url}/orders`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer local-shop-key',
        'content-type': 'application/json',
        'idempotency-key': `until-${nth}`,
      },
      body: JSON.stringify(orderBody()),
    });
  }
  expect(answer?.status).toBe(429);
  expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a forecast has the clock time, and what is scheduled before then is in it', async () => {
  await wait(5_800);
  await drained(1_000, (ago) => 5_800 + 1_000 * (ago - 1));
  // Without what is to come it were clear after 5.8 minutes.
  const before = await rig.open();
  const near = (minutes: number) =>
    [-0.15, -0.07, 0, 0.07, 0.15].map((part) =>
      hourAndMinute(Date.now() + minutes * (1 + part) * MIN),
    );
  const clearAt = async (page: Page) =>
    /Clear at about (\d\d:\d\d)/.exec((await forecast(page).textContent()) ?? '')?.[1];
  await forecast(before).waitFor();
  expect(near(5.8)).toContain(await clearAt(before));
  const dueMs = Date.now() + 5 * MIN;
  await wait(2_000, 'shop', dueMs);
  const page = await rig.open();
  await forecast(page)
    .getByText(`2,000 more due at ${hourAndMinute(dueMs)}.`)
    .waitFor();
  expect(near(7.8)).toContain(await clearAt(page));
});

test('with drains that were hardly busy there is no forecast', async () => {
  await wait(30);
  const page = await rig.open();
  await forecast(page).getByText('None yet: drains have been busy for under 3 minutes.').waitFor();
});
