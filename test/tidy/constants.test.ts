import { expect, test } from 'vitest';
import { httpFunctions } from '../../deploy/http-functions.ts';
import { readConfig } from '../../lib/config.ts';
import { settlementOf, sortOut } from '../../lib/drain/settlements.ts';
import { CLAIM_ORDERS_MAX, PENDING_MAX } from '../../lib/store/claim.ts';
import { recordOf } from '../../lib/store/order-record.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { SUBMIT_ORDERS_MAX } from '../../lib/store/submit.ts';
import {
  constant,
  GATEWAY_MS_MAX,
  greatest,
  operationMs,
  RECORD_BYTES_MAX,
  SCHEDULE_MS,
} from '../support/constants.ts';
import { functionOf } from '../support/deployed.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { freshStore, submitAll } from '../support/store.ts';

const requestMs = operationMs('storeForRequests');
const batchMs = operationMs('storeForBatches');
const asideMs = operationMs('redisAside');
const secretsMs = constant('lib/secrets/secrets.ts', 'READ_MS');
const invokeMs = constant('lib/runtime.ts', 'INVOKE_MS_MAX');
const settleMs = constant('lib/drain/drain-slot.ts', 'SETTLE_MS');
const produceMsMin = constant('lib/drain/drain-slot.ts', 'PRODUCE_MS_MIN');
const graceMs = constant('lib/drain/produce-batch.ts', 'ANSWER_GRACE_MS');
const lockLeaseMs = constant('functions/drain-queue.ts', 'LOCK_LEASE_MS');
const httpDrainMs = constant('functions/drain-queue.ts', 'HTTP_DRAIN_MS_MAX');
const announcerLockMs = constant('functions/announce-events.ts', 'LOCK_LEASE_MS');
const announcerEndMs = constant('functions/announce-events.ts', 'END_MS');
const { leaseMs } = readConfig(functionEnvironment(), { redis: true, apiKeys: true });

/** Each is [what must be less, than what]. */
const INEQUALITIES: Record<string, [number, number]> = {
  'a request that cannot reach Redis is answered within 3 s': [requestMs, 3_000],
  'a settle with all its attempts fits into the time kept free for it, after the producer’s grace':
    [graceMs + batchMs, settleMs],
  'a batch is begun only with time left to produce it before the settle, also over HTTP': [
    produceMsMin + settleMs,
    httpDrainMs / 2,
  ],
  'a drain over HTTP is answered before API Gateway gives up, also if what it leaves is slow to count':
    [secretsMs + httpDrainMs + batchMs + requestMs / 2, GATEWAY_MS_MAX],
  'a lease outlasts an extension that fails, and the next one with all its attempts': [
    2 * (leaseMs / 3) + batchMs,
    leaseMs,
  ],
  'the lock outlasts an extension that fails, and the next one with all its attempts': [
    2 * (lockLeaseMs / 3) + requestMs,
    lockLeaseMs,
  ],
  'PostgreSQL is given up, twice, while a batch’s lease still runs': [
    2 * constant('lib/postgres/connection.ts', 'CONNECT_MS_MAX') + settleMs,
    leaseMs,
  ],
  'orders of a drain that died are ready for the next one': [leaseMs, SCHEDULE_MS],
  'the lock of a drain that died is free for the next one': [lockLeaseMs, SCHEDULE_MS],
  'the announcer’s lock outlasts an extension that fails, and the next one with all its attempts': [
    2 * (announcerLockMs / 3) + requestMs,
    announcerLockMs,
  ],
  'the lock of an announcer that died is free for the next one': [announcerLockMs, SCHEDULE_MS],
  'an announcer has time to remove what it announced, and to count the rest': [
    2 * batchMs,
    announcerEndMs,
  ],
  'an announcer announces for most of its minute': [announcerEndMs, SCHEDULE_MS / 2],
  'the scheduled drain ends with its interval': [
    functionOf('drain-queue').timeoutMs,
    SCHEDULE_MS + 1,
  ],
  'upkeep has time to end the page at hand': [
    5 * batchMs,
    constant('functions/maintain.ts', 'END_MS'),
  ],
  'upkeep can hold the ids of a million orders that wait, of half a kilobyte each': [
    150 + 500,
    functionOf('maintain').memoryMb,
  ],
  'a claim holds no more orders than a submit may bring': [CLAIM_ORDERS_MAX, SUBMIT_ORDERS_MAX + 1],
  'the pending orders of a client fit into a record, at 136 bytes each': [
    136 * PENDING_MAX,
    RECORD_BYTES_MAX,
  ],
  'the dead orders of a client fit into a record': [
    136 * constant('lib/store/settle.ts', 'DEAD_MAX'),
    RECORD_BYTES_MAX,
  ],
  'the queue of a client fits into a record, at 40 bytes an id': [
    40 * greatest('SLUICE_QUEUE_MAX'),
    RECORD_BYTES_MAX,
  ],
  'events that wait fit into a record, at 65 bytes each': [
    65 * constant('lib/store/settle.ts', 'EVENTS_MAX'),
    RECORD_BYTES_MAX,
  ],
  'the orders of an ended segment fit into a record': [
    136 * (constant('lib/store/keys.ts', 'SEGMENT_ORDERS') + 2 * CLAIM_ORDERS_MAX),
    RECORD_BYTES_MAX,
  ],
};

const WAKES: readonly string[] = ['submit-order', 'submit-batch'];
const CARRIES_BATCHES = ['submit-batch', 'redrive-order', 'redrive-dead-letters', 'set-stock'];
for (const name of Object.keys(httpFunctions())) {
  const redisMs = name === 'me' || name === 'openapi' ? 0 : requestMs;
  INEQUALITIES[`${name} outlasts all that it may wait for`] = [
    secretsMs +
      asideMs +
      (CARRIES_BATCHES.includes(name) ? batchMs : redisMs) +
      (WAKES.includes(name) ? requestMs + invokeMs : 0),
    functionOf(name).timeoutMs,
  ];
}

test.for(Object.entries(INEQUALITIES))('%s', ([, [less, more]]) => {
  expect(less).toBeGreaterThan(0);
  expect(less).toBeLessThan(more);
});

test('functions have the memory that was measured, and not several times as much', () => {
  const names = [...Object.keys(httpFunctions()), 'drain-queue', 'announce-events', 'maintain'];
  const memories = names.map((name) => functionOf(name).memoryMb);
  // 130 MB and more are in use; 1,769 MB are a whole processor.
  expect(Math.min(...memories)).toBe(256);
  expect(Math.max(...memories)).toBe(1_024);
});

test.each(['drain-queue', 'announce-events'])('%s runs for most of its minute', (name) => {
  expect(functionOf(name).timeoutMs).toBe(SCHEDULE_MS);
});

test('upkeep has all the time that Lambda gives', () => {
  expect(functionOf('maintain').timeoutMs).toBe(900_000);
});

test('functions that API Gateway waits for end before it gives up', () => {
  for (const name of Object.keys(httpFunctions())) {
    expect(functionOf(name).timeoutMs, name).toBeLessThan(GATEWAY_MS_MAX);
  }
});

test('a settle of 500 orders with the largest states that there are fits into a request', async () => {
  const store = freshStore();
  const holder = 'h'.repeat(36);
  const claim = { token: 10 ** 9, holder };
  const step = { nowMs: NOW_MS, random: 0, attemptsMax: 100, claim };
  const leaseOf = (id: string) => ({
    id,
    from: 'c'.repeat(64),
    claims: 1,
    owner: `1000000000:1:${holder}`,
    rank: 1_000_000_000,
  });
  const order = newOrder('largest', { client: 'c'.repeat(64) });

  /** Produced after more failures than are kept, with the largest result that is kept. */
  function largest(fill: string) {
    let state: string | null = null;
    const settle = (answer: Parameters<typeof settlementOf>[1]) => {
      const stored = { record: recordOf(order, NOW_MS), state };
      const outcome = sortOut(leaseOf(order.id), stored, step);
      return outcome.kind === 'produce'
        ? settlementOf(outcome.claimed, answer, step)
        : expect.fail();
    };
    for (let failures = 0; failures < 12; failures += 1) {
      const { state: failed } = settle({ kind: 'retry', reason: fill.repeat(500) });
      state = JSON.stringify(failed);
    }
    for (let length = 8_192; ; length -= 64) {
      const settlement = settle({ kind: 'produced', result: fill.repeat(length) });
      if (settlement.state?.result !== undefined) return settlement;
    }
  }

  for (const fill of ['x', '"', '🧵']) {
    const one = largest(fill);
    const settlements = Array.from({ length: CLAIM_ORDERS_MAX }, (_, at) => ({
      ...one,
      lease: leaseOf(newOrder(`${at}`).id),
    }));
    const settled = { token: claim.token, settlements, nowMs: NOW_MS, isAnnounced: true };
    const answer = await settleAndClaim(store, settled, undefined);
    expect(answer.stands).toEqual(Array(CLAIM_ORDERS_MAX).fill(false));
  }
});

test('a batch of the largest body there is fits into a request, however much of it is escaped', async () => {
  const bodyBytesMax = constant('lib/orders/batch.ts', 'BATCH_BYTES_MAX');
  const store = freshStore();
  const description = '"'.repeat(256);
  const line = { sku: 'a', quantity: 1, unitAmount: 0, description };
  const count = Math.floor(bodyBytesMax / SUBMIT_ORDERS_MAX / JSON.stringify(line).length);
  const orders = Array.from({ length: SUBMIT_ORDERS_MAX }, (_, at) =>
    newOrder(`${at}`, { submission: { lines: Array(count).fill(line) } }),
  );
  const { answers } = await submitAll(store, orders);
  expect(answers.every(({ kind }) => kind === 'accepted')).toBe(true);
});
