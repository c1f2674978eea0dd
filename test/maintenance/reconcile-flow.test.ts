import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { isSettled } from '../../lib/maintenance/reconcile.ts';
import type { MaintenanceStore } from '../../lib/queue/maintenance-store.ts';
import type { Claim, Settlement } from '../../lib/queue/store.ts';
import { runDrain } from '../support/drains.ts';
import { ALL_DUE_MS, pass } from '../support/maintenance.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

/** What orders do between two steps of a pass; numbers choose among what there is. */
type Step =
  | { readonly kind: 'submit'; readonly count: number; readonly isLater: boolean }
  | { readonly kind: 'claim'; readonly count: number; readonly leaseMs: number }
  | { readonly kind: 'settle'; readonly how: Settlement['kind'] }
  | { readonly kind: 'cancel'; readonly at: number }
  | { readonly kind: 'repeat'; readonly at: number }
  | { readonly kind: 'redrive'; readonly pauseMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('submit'),
    count: fc.integer({ min: 1, max: 5 }),
    isLater: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('claim'),
    count: fc.integer({ min: 1, max: 6 }),
    leaseMs: fc.constantFrom(1, 60_000),
  }),
  fc.record({
    kind: fc.constant('settle'),
    how: fc.constantFrom('produced', 'retry', 'dead', 'untried'),
  }),
  fc.record({ kind: fc.constant('cancel'), at: fc.nat(99) }),
  fc.record({ kind: fc.constant('repeat'), at: fc.nat(99) }),
  fc.record({ kind: fc.constant('redrive'), pauseMs: fc.constantFrom(0, 20) }),
);

/** The clients and drains of one store; each step is one of theirs, and time goes on by 10 ms. */
function traffic(store: TestStore) {
  const orders: ReturnType<typeof newOrder>[] = [];
  const claims: Claim[] = [];
  let nowMs = NOW_MS;

  async function take(what: Step): Promise<void> {
    nowMs += 10;
    switch (what.kind) {
      case 'submit': {
        const submission = what.isLater ? { produceAtMs: nowMs + 25 } : {};
        const batch = Array.from({ length: what.count }, (_, at) =>
          newOrder(`${orders.length + at}`, { submission, acceptedAtMs: nowMs }),
        );
        orders.push(...batch);
        await store.submitAll(batch, nowMs);
        return;
      }
      case 'claim': {
        const { count: ordersMax, leaseMs } = what;
        claims.push(
          await store.claim(claimRequest({ ordersMax, leaseMs, nowMs, attemptsMax: 50 })),
        );
        return;
      }
      case 'settle': {
        const claim = claims.shift();
        const how = { kind: what.how, dueAtMs: nowMs + 15, reason: 'a reason' };
        const settlements = claim?.orders.map(({ id }) => ({ id, ...how }) as Settlement) ?? [];
        await store.settle(claim?.token ?? 0, settlements, nowMs);
        return;
      }
      case 'cancel': {
        const order = orders[what.at % Math.max(1, orders.length)];
        if (order) await store.cancel({ id: order.id, nowMs });
        return;
      }
      case 'redrive': {
        const ids = await store.oldestDead(10);
        const { pauseMs } = what;
        if (ids.length > 0) await store.redrive({ ids, pauseMs, mark: `${nowMs}`, nowMs });
        return;
      }
      case 'repeat': {
        const order = orders[what.at % Math.max(1, orders.length)];
        if (order) await store.submitAll([order], nowMs);
        return;
      }
    }
  }
  return { take, ids: () => orders.map(({ id }) => id) };
}

/** The store of a pass, between whose steps others are taken. */
function interleaved(bare: MaintenanceStore, between: () => Promise<void>): MaintenanceStore {
  const methods = Object.entries(bare).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      await between();
      return await (method as (...args: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(methods) as MaintenanceStore;
}

test('whatever orders do between its steps, a pass finds nothing amiss and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 20 }),
      fc.array(fc.array(step, { maxLength: 3 }), { minLength: 40, maxLength: 60 }),
      async (before, during) => {
        const store = freshStore(stack);
        const { take, ids } = traffic(store);
        for (const what of before) await take(what);
        const steps = [...during];
        const report = await pass(store, {
          isRepair: true,
          wrap: (bare) =>
            interleaved(bare, async () => {
              for (const what of steps.shift() ?? []) await take(what);
            }),
        });
        expect(report).toMatchObject({ found: {}, repaired: {}, isComplete: true });

        const clock = steppedClock(ALL_DUE_MS);
        await runDrain(store, { clock, limits: { batchSize: 500, attemptsMax: 100 } });
        for (const id of ids()) {
          const { status } = (await store.read(id, ALL_DUE_MS)) ?? {};
          expect(['produced', 'dead', 'canceled']).toContain(status);
        }
        await store.redis.flushdb();
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test('a queue entry that is gone is found while orders are claimed and submitted beside it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(19),
      fc.array(fc.array(step, { maxLength: 2 }), { minLength: 40, maxLength: 60 }),
      async (at, during) => {
        const store = freshStore(stack);
        const ids = await submitOrders(store, 20);
        await store.redis.lrem(store.keys.queue, 0, ids[at] ?? '');
        const { take } = traffic(store);
        const steps = [...during];
        const report = await pass(store, {
          isRepair: true,
          wrap: (bare) =>
            interleaved(bare, async () => {
              for (const what of steps.shift() ?? []) {
                // The order itself is left to the pass.
                if (what.kind !== 'cancel' && what.kind !== 'repeat') await take(what);
              }
            }),
        });
        expect(report).toMatchObject({ found: { stranded: 1 }, repaired: { stranded: 1 } });
        expect(report.listed[0]?.id).toBe(ids[at]);
        expect(isSettled(report)).toBe(true);
        await store.redis.flushdb();
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
