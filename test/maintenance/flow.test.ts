import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { erasureOf } from '../../lib/drain/erase-downstream.ts';
import { settlementOf, sortOut } from '../../lib/drain/settlements.ts';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { type Claim, readyClients } from '../../lib/store/claim.ts';
import { erase } from '../../lib/store/erase.ts';
import { readStored } from '../../lib/store/read.ts';
import { oldestDead, redrive } from '../../lib/store/redrive.ts';
import { replace } from '../../lib/store/replace.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { runDrain } from '../support/drains.ts';
import {
  ALL_DUE_MS,
  interrupted,
  loseFrom,
  orderIn,
  pass,
  STATES,
} from '../support/maintenance.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, submitAll, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

/** What orders do between two requests of a pass; numbers choose among what there is. */
type Step =
  | { kind: 'submit'; count: number; isLater: boolean; client: string }
  | { kind: 'claim'; count: number; leaseMs: number }
  | { kind: 'settle'; answer: ProducerAnswer }
  | { kind: 'cancel' | 'replace' | 'erase'; at: number }
  | { kind: 'redrive' };

const answers: ProducerAnswer[] = [
  { kind: 'produced', orderNumber: 'next' },
  { kind: 'produced', orderNumber: 7_000_000 },
  { kind: 'retry', reason: 'busy', afterMs: 30 },
  { kind: 'rejected', reason: 'no such article' },
  { kind: 'untried' },
];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('submit' as const),
    count: fc.integer({ min: 1, max: 5 }),
    isLater: fc.boolean(),
    client: fc.constantFrom('shop', 'app'),
  }),
  fc.record({
    kind: fc.constant('claim' as const),
    count: fc.integer({ min: 1, max: 6 }),
    leaseMs: fc.constantFrom(1, 60_000),
  }),
  fc.record({ kind: fc.constant('settle' as const), answer: fc.constantFrom(...answers) }),
  fc.record({
    kind: fc.constantFrom('cancel' as const, 'replace' as const, 'erase' as const),
    at: fc.nat(99),
  }),
  fc.record({ kind: fc.constant('redrive' as const) }),
);

/** The clients and drains of one store; each step is one of theirs, and time goes on by 10 ms. */
function traffic(store: TestStore) {
  const clock = steppedClock(NOW_MS);
  const ids: string[] = [];
  const claims: Claim[] = [];

  async function settle(claim: Claim, answer: ProducerAnswer) {
    const nowMs = clock.now();
    const stored = await readStored(
      store,
      claim.leases.map(({ id }) => id),
    );
    const settlements = claim.leases.map((lease, at) => {
      const how = { nowMs, random: 0, attemptsMax: 3, claim };
      const sorted = sortOut(lease, stored[at] ?? { record: null, state: null }, how);
      if (sorted.kind === 'settle') return sorted.settlement;
      if (sorted.kind === 'produce') return settlementOf(sorted.claimed, answer, how);
      return erasureOf(sorted.erased, answer.kind === 'produced', how);
    });
    const { token } = claim;
    await settleAndClaim(store, { token, settlements, nowMs, isAnnounced: false }, undefined);
  }

  return {
    clock,
    async take(one: Step) {
      clock.step(10);
      const nowMs = clock.now();
      if (one.kind === 'submit') {
        const orders = Array.from({ length: one.count }, (_, at) =>
          newOrder(`${ids.length + at}`, {
            client: one.client,
            acceptedAtMs: nowMs,
            submission: one.isLater ? { produceAtMs: nowMs + 50 } : {},
          }),
        );
        ids.push(...orders.map(({ id }) => id));
        await submitAll(store, orders, nowMs);
      } else if (one.kind === 'claim') {
        const clients = await readyClients(store, nowMs);
        if (clients.length === 0) return;
        const request = { clients, ordersMax: one.count, leaseMs: one.leaseMs, nowMs };
        claims.push(await claimReady(store, { ...request, holder: randomUUID() }));
      } else if (one.kind === 'settle') {
        const claim = claims.shift();
        if (claim !== undefined && claim.leases.length > 0) await settle(claim, one.answer);
      } else if (one.kind !== 'redrive') {
        const id = ids[one.at % Math.max(1, ids.length)];
        if (id === undefined) return;
        if (one.kind === 'cancel') await cancel(store, { id, nowMs });
        else if (one.kind === 'erase') await erase(store, id, nowMs);
        else {
          const { submission } = newOrder('', {
            submission: { reference: `${nowMs}` },
          });
          await replace(store, { order: { id, submission }, nowMs });
        }
      } else {
        const dead = await oldestDead(store, 10);
        await redrive(store, { ids: dead, pauseMs: 10, redriveId: randomUUID(), nowMs });
      }
    },
  };
}

test('while orders flow, a pass finds nothing and changes nothing', async () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(30), async (taken, before) => {
      const store = freshStore(stack);
      const { clock, take } = traffic(store);
      for (const one of taken.slice(0, before)) await take(one);
      const rest = taken.slice(before);
      const flowing = interrupted(store, async () => {
        const next = rest.shift();
        if (next !== undefined) await take(next);
      });
      for (const isThorough of [false, true]) {
        const report = await reconcile({ store: flowing, clock, isRepair: true, isThorough });
        expect(report).toMatchObject({ found: {}, repaired: {}, isComplete: true });
      }
      await runDrain(store, { clock: steppedClock(ALL_DUE_MS), limits: { attemptsMax: 100 } });
      expect((await pass(store, { isThorough: true })).found).toEqual({});
    }),
    { numRuns: 20 },
  );
}, 120_000);

test('passes beside drains and clients find nothing', async () => {
  const store = freshStore(stack);
  let isOver = false;
  const clock = { now: () => Date.now(), after: steppedClock(0).after };
  const submitting = async (client: string) => {
    for (let round = 0; round < 20; round += 1) {
      const orders = Array.from({ length: 20 }, (_, at) => newOrder(`${round}-${at}`, { client }));
      await submitAll(store, orders, Date.now());
    }
  };
  const draining = async () => {
    while (!isOver) await runDrain(store, { clock, limits: { batchSize: 30 } });
  };
  const passing = async () => {
    for (let round = 0; round < 6; round += 1) {
      const report = await reconcile({ store, clock, isRepair: true, isThorough: round % 2 === 0 });
      expect(report).toMatchObject({ found: {}, repaired: {}, isComplete: true });
    }
    isOver = true;
  };
  await Promise.all([submitting('shop'), submitting('app'), draining(), draining(), passing()]);
});

test('an order that changes between being read and being judged is left alone', async () => {
  for (const state of ['queued', 'scheduled', 'retry', 'dead'] as const) {
    const store = freshStore(stack);
    const { id } = await orderIn(store, state);
    await loseFrom(store, STATES[state].places[0], id);
    const text = JSON.stringify({ status: 'canceled', attempts: 0, updatedAtMs: 1, segment: 0 });
    let isChanged = false;
    const changing: typeof store.client = {
      ...store.client,
      async repeatedly(send) {
        // The only script that a pass runs on the state of this order.
        const isJudged = send.toString().includes('evaluated');
        if (isJudged && !isChanged) {
          isChanged = true;
          await store.redis.set(store.keys.state(id), text);
          await store.redis.zadd(store.keys.ended('shop', 0), { score: 1, member: id });
          await store.redis.zadd(store.keys.segments, { score: 0, member: 'shop:000000000000' });
        }
        return store.client.repeatedly(send);
      },
    };
    const report = await pass({ client: changing, keys: store.keys }, { isRepair: true });
    expect([state, isChanged, report.found.stranded]).toEqual([state, true, undefined]);
    expect(await store.redis.zscore(store.keys.pending('shop'), id)).toBeNull();
  }
});

test('a deep queue is gone through once, however many orders came during the pass', async () => {
  const store = freshStore(stack);
  await submitOrders(store, 30);
  let requests = 0;
  let count = 0;
  const flowing = interrupted(store, async () => {
    requests += 1;
    const order = newOrder(`late-${count++}`);
    if (count < 60) await submitAll(store, [order], NOW_MS);
  });
  expect(await pass(flowing, { isRepair: true })).toMatchObject({ found: {}, isComplete: true });
  expect(requests).toBeLessThan(40);
});
