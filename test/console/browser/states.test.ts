import { beforeEach, expect, test } from 'vitest';
import { drainIdOf, holderOf } from '../../../lib/orders/holder.ts';
import type { Producer } from '../../../lib/producers/producer.ts';
import { type DrainRecord, noteDrain } from '../../../lib/store/activity.ts';
import { cancel } from '../../../lib/store/cancel.ts';
import { newOrder } from '../../support/orders.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { claimReady, submitAll } from '../../support/store.ts';
import { drainOnce } from '../seed.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
const { store } = rig;
const [S, MIN] = [1_000, 60_000];
const NOW_MS = Date.now();
const { id } = newOrder('key');

beforeEach(() => store.redis.flushall());

/** The moment as sentences write it: of another day with its date. */
function at(ms: number): string {
  const [day, time = ''] = new Date(ms).toISOString().split('T');
  const today = new Date().toISOString().slice(0, 10);
  return `${day === today ? '' : `${day} `}${time.slice(0, 8)} UTC`;
}

const submit = (keys: readonly string[], agoMs = 5 * S, more: { produceAtMs?: number } = {}) => {
  const acceptedAtMs = NOW_MS - agoMs;
  const orders = keys.map((key) => newOrder(key, { submission: more, acceptedAtMs }));
  return submitAll(store, orders, acceptedAtMs);
};
const claim = (agoMs: number) =>
  claimReady(store, {
    ...{ nowMs: NOW_MS - agoMs, leaseMs: 5 * MIN, ordersMax: 1 },
    holder: holderOf(drainIdOf(1, '4be1c2d3-0000'), NOW_MS - agoMs),
  });
const drained = (
  answer: Awaited<ReturnType<Producer>> extends ReadonlyMap<string, infer A> ? A : never,
) =>
  drainOnce(
    store,
    steppedClock(NOW_MS - S),
    async (some) => new Map(some.map((one) => [one.id, answer])),
    {
      batchSize: 10,
    },
  );
const noted = (agoMs: number, more: Partial<DrainRecord> = {}) => {
  const [startMs, endMs] = [NOW_MS - agoMs - 10 * S, NOW_MS - agoMs];
  const counts = {
    claimed: 600,
    ...{ arrived: 0, token: 1 },
    produced: 600,
    retried: 0,
    dead: 0,
    drains: 1,
    woken: 0,
  };
  const record = {
    startMs,
    endMs,
    slot: 0,
    ...counts,
    queued: 1,
    due: 0,
    oldestAgeMs: 0,
    latencies: [],
  };
  const noted = { ...record, ending: 'time-up' as const, ...more };
  return noteDrain(store, { record: noted, trigger: 'schedule' });
};
const api = (path: string, body?: object) =>
  fetch(`${rig.stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer local-admin-key', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const LEASE_END = at(NOW_MS - 12 * S + 5 * MIN);
const DOWN = { ending: 'producer-down', error: 'ERP: 503', claimed: 0, produced: 0 } as const;

/** The rows of the table of sentences: how an order comes to be so, what is said, what is offered. */
const STATES: readonly (readonly [
  kind: string,
  made: () => Promise<unknown>,
  said: string | RegExp,
  offered: readonly string[],
])[] = [
  [
    'scheduled',
    () => submit(['key'], 0, { produceAtMs: NOW_MS + 14 * MIN }),
    `It waits for its time: ${at(NOW_MS + 14 * MIN)}, in 14 min.`,
    ['Cancel …'],
  ],
  [
    'leased',
    async () => [await submit(['key'], MIN), await claim(12 * S)],
    new RegExp(`^Drain 1 \\(slot 1\\) has had it for \\d\\d s; its lease ends at ${LEASE_END}\\.$`),
    [],
  ],
  [
    'unanswered',
    async () => [await submit(['key'], 10 * MIN), await claim(6 * MIN)],
    `Drain 1 (slot 1) had it and has not answered; its lease ended at ${at(NOW_MS - MIN)}. It is free for the next claim, and is then tried alone (attempt 1 of 24 failed).`,
    ['Drain now'],
  ],
  [
    'retry',
    async () => [
      await submit(['key']),
      await drained({ kind: 'retry', reason: 'ERP: 503', afterMs: 9 * MIN }),
    ],
    /^Attempt 1 of 24 failed at [\d:]{8} UTC: "ERP: 503"\. Next try at [\d:]{8} UTC, in 9 min\.$/,
    ['Cancel …'],
  ],
  [
    'waiting',
    async () => [await submit(['first', 'second']), await submit(['key']), await noted(50 * S)],
    /^About 2 orders are before it; at \d+\/s its turn comes at [\d:]{8} UTC\.$/,
    ['Drain now', 'Cancel …'],
  ],
  [
    'producer-down',
    async () => [
      await submit(['key']),
      ...[await noted(3 * MIN), await noted(2 * MIN, DOWN), await noted(MIN, DOWN)],
    ],
    'The producer has failed in the last 2 drains: "ERP: 503". Orders wait and lose no attempt.',
    ['Pause …', 'Cancel …', 'Runbook'],
  ],
  [
    'no-drain',
    async () => [await submit(['key'], 10 * MIN), await noted(4 * MIN)],
    `No drain has run since ${at(NOW_MS - 4 * MIN)}.`,
    ['Drain now', 'Cancel …', 'Runbook'],
  ],
  [
    'paused',
    async () => [
      await submit(['key']),
      await api('/pause', { forMs: 5 * MIN, reason: 'ERP <b>release</b>' }),
    ],
    /^Paused by ops until [\d:]{8} UTC \("ERP <b>release<\/b>"\)\.$/,
    ['Resume now', 'Cancel …'],
  ],
  [
    'dead',
    async () => [
      await submit(['a', 'b', 'key']),
      await drained({ kind: 'rejected', reason: 'No SKU "85123A"' }),
    ],
    /^It was rejected at [\d:]{8} UTC: "No SKU "85123A""\. 2 of the 2 newest others died of the same\.$/,
    ['Put back', 'Cancel …', 'Others that died'],
  ],
  [
    'canceled',
    async () => [await submit(['key']), await cancel(store, { id, nowMs: NOW_MS })],
    `It was canceled at ${at(NOW_MS)}.`,
    [],
  ],
  [
    'produced',
    async () => [await submit(['key']), await drained({ kind: 'produced', orderNumber: 'next' })],
    /^It was produced at [\d:]{8} UTC\. Its number is 1\.$/,
    [],
  ],
  [
    'stranded',
    async () => [await submit(['key']), await store.redis.del(store.keys.queue('shop'))],
    /^Stranded: it is in no place\. The daily pass repairs it at .*03:30:00 UTC\.$/,
    ['Cancel …'],
  ],
  [
    'lost',
    async () => [
      await submit(['key']),
      await store.redis.set(store.keys.state(id), '{"status":"queued","attempts":1}'),
      await store.redis.del(store.keys.order(id)),
    ],
    'Its record is lost; a repeat of the submit brings it back.',
    ['Runbook'],
  ],
];

test.each(STATES)(
  'an order that is %s: the sentence has the facts, and offers what helps',
  async (kind, make, said, offered) => {
    await make();
    const page = await rig.open('#/now');
    await goTo(page, `#/orders/${id}`);
    const why = page.locator(`.why[data-kind="${kind}"]`);
    await why.waitFor();
    const sentence = (await why.locator('p').textContent()) ?? '';
    if (typeof said === 'string') expect(sentence).toBe(said);
    else expect(sentence).toMatch(said);
    const found = await page.locator('.order :is(button, .body a)').allTextContents();
    const always = ['Read again', 'copy the id'];
    expect(found.filter((one) => !always.includes(one)).toSorted()).toEqual(
      [...offered].toSorted(),
    );
  },
);
