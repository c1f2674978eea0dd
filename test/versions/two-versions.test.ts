import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { retain } from '../../lib/maintenance/retention.ts';
import type { Claim, Settlement } from '../../lib/queue/store.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { pass } from '../support/maintenance.ts';
import { claimRequest, NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { storeWith } from '../support/store.ts';
import * as previous from './previous-version.js';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

const LATER_MS = NOW_MS + 60_000;

/** The stores of the previous version on the keys of today's. */
function previousStore(prefix: string) {
  const client = previous.connect({ ...stack, timeoutMs: 5_000, sendsMax: 2, random: Math.random });
  const keys = previous.keysWith(prefix);
  return {
    numbers: previous.orderNumbers(client, keys),
    submitAll: previous.intakeStore(client, keys).submit,
    ...previous.readStore(client, keys),
    ...previous.cancelStore(client, keys),
    ...previous.productionStore(client, keys, randomUUID()),
  };
}

/** One store, as both versions have it. */
function bothVersions() {
  const prefix = `${randomUUID()}:`;
  const today = storeWith(stack, prefix);
  const submitAll: ReturnType<typeof previousStore>['submitAll'] = async (...request) =>
    (await today.submitAll(...request)).answers;
  return { today, versions: { previous: previousStore(prefix), today: { ...today, submitAll } } };
}

type Version = 'previous' | 'today';
type Versions = ReturnType<typeof bothVersions>['versions'];

/** What both versions read of an order, once it is sure that it is the same. */
async function readByBoth({ previous, today }: Versions, id: string, nowMs = LATER_MS) {
  const order = await today.read(id, nowMs);
  expect(await previous.read(id, nowMs)).toEqual(order);
  return order;
}

const ORDER = newOrder('a', {
  submission: { reference: '536365', metadata: { channel: 'web' }, produceAtMs: NOW_MS + 500 },
});

const PAIRS = (['previous', 'today'] as const).flatMap((first) =>
  (['previous', 'today'] as const).map((second) => ({ first, second })),
);

describe.each(PAIRS)('an order that $first submits', ({ first, second }) => {
  test(`is read and known by both, and is produced by ${second}`, async () => {
    const { versions } = bothVersions();
    const { id, fingerprint } = ORDER;
    await versions[first].submitAll([ORDER], NOW_MS);
    expect(await readByBoth(versions, id)).toMatchObject({ ...ORDER.submission, status: 'queued' });
    const known = [{ kind: 'known', fingerprint, acceptedAtMs: NOW_MS }];
    expect(await versions[second].submitAll([ORDER], LATER_MS)).toEqual(known);

    const { token, orders } = await versions[second].claim(claimRequest());
    expect(orders).toMatchObject([{ id, attempts: 1, ...ORDER.submission }]);
    expect(await readByBoth(versions, id)).toMatchObject({ status: 'producing', attempts: 1 });
    const orderNumber = await versions[second].numbers.take(1);
    const settlement = { id, kind: 'produced' as const, orderNumber, result: { ok: [] } };
    expect(await versions[second].extend(token, [id], LATER_MS)).toEqual([true]);
    expect(await versions[second].settle(token, [settlement], LATER_MS)).toEqual([true]);
    expect(await readByBoth(versions, id)).toMatchObject({ status: 'produced', orderNumber: 1 });
    expect(await versions.previous.counts(LATER_MS)).toEqual(await versions.today.counts(LATER_MS));
  });

  test(`is claimed by ${first}, and after its lease by ${second}, which alone may settle it`, async () => {
    const { versions } = bothVersions();
    const { id } = ORDER;
    await versions[first].submitAll([ORDER], NOW_MS);
    const nowMs = NOW_MS + 1_000;
    const old = await versions[first].claim(claimRequest({ nowMs, leaseMs: 1 }));
    const newer = await versions[second].claim(claimRequest({ nowMs: nowMs + 1 }));
    expect(newer.orders).toMatchObject([{ id, attempts: 2 }]);
    expect(newer.token).toBeGreaterThan(old.token);
    const dead: Settlement = { id, kind: 'dead', reason: 'no such sku' };
    expect(await versions[first].settle(old.token, [dead], LATER_MS)).toEqual([false]);
    expect(await versions[second].settle(newer.token, [dead], LATER_MS)).toEqual([true]);
    expect(await readByBoth(versions, id)).toMatchObject({
      status: 'dead',
      attempts: 2,
      lastError: { reason: 'no such sku' },
    });
  });

  test(`is canceled by ${second}, and neither claims it then`, async () => {
    const { versions } = bothVersions();
    await versions[first].submitAll([ORDER], NOW_MS);
    const request = { id: ORDER.id, client: 'shop', nowMs: NOW_MS };
    expect(await versions[second].cancel(request)).toEqual({ kind: 'canceled' });
    expect(await versions[first].cancel(request)).toEqual({ kind: 'canceled' });
    expect(await readByBoth(versions, ORDER.id)).toMatchObject({ status: 'canceled' });
    expect((await versions[first].claim(claimRequest())).orders).toEqual([]);
    expect((await versions[second].claim(claimRequest())).orders).toEqual([]);
  });
});

/** What a later version may have written: it keeps the fields of this one. */
const NEWER = { v: '2', priority: 'high', 'lines:2': '[]' };

describe.each(['previous', 'today'] as const)('an order of a later version, read by %s', (name) => {
  async function orderOfLaterVersion() {
    const { today, versions } = bothVersions();
    await today.submitAll([ORDER], NOW_MS);
    const key = today.keys.order(ORDER.id);
    await today.redis.hset(key, NEWER);
    const kept = async () => {
      const [v, priority, lines] = Object.keys(NEWER);
      return today.redis.exec(['HMGET', key, v as string, priority as string, lines as string]);
    };
    return { store: versions[name], kept };
  }

  test.each(['produced', 'retry', 'dead', 'untried', 'canceled'] as const)(
    'keeps what is not known when it is %s',
    async (kind) => {
      const { store, kept } = await orderOfLaterVersion();
      const { id } = ORDER;
      expect(await store.read(id, LATER_MS)).toMatchObject(ORDER.submission);
      if (kind === 'canceled') {
        expect(await store.cancel({ id, nowMs: NOW_MS })).toEqual({ kind: 'canceled' });
      } else {
        const { token, orders } = await store.claim(claimRequest());
        expect(orders).toMatchObject([{ id, ...ORDER.submission }]);
        const how = { kind, dueAtMs: LATER_MS, reason: 'x' } as Settlement;
        expect(await store.settle(token, [{ ...how, id }], LATER_MS)).toEqual([true]);
      }
      expect(await kept()).toEqual(Object.values(NEWER));
    },
  );
});

/** One step of some version; numbers choose among what there is. */
const version = fc.constantFrom<Version>('previous', 'today');
const step = fc.oneof(
  fc.record({ kind: fc.constant('submit' as const), by: version, at: fc.nat(20) }),
  fc.record({ kind: fc.constant('cancel' as const), by: version, at: fc.nat(20) }),
  fc.record({
    kind: fc.constant('claim' as const),
    by: version,
    ordersMax: fc.integer({ min: 1, max: 5 }),
    leaseMs: fc.constantFrom(1, 60_000),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    by: version,
    how: fc.constantFrom('produced', 'retry', 'dead', 'untried'),
  }),
);

test('with both at work at once, and after a rollback, no order is lost and all agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60 }),
      version,
      async (steps, last) => {
        const { today, versions } = bothVersions();
        const claims: Record<Version, Claim[]> = { previous: [], today: [] };
        const submitted = new Set<string>();
        let nowMs = NOW_MS;
        for (const taken of steps) {
          nowMs += 10;
          const store = versions[taken.by];
          if (taken.kind === 'submit') {
            const order = newOrder(`${taken.at}`);
            submitted.add(order.id);
            await store.submitAll([order], nowMs);
          } else if (taken.kind === 'cancel') {
            await store.cancel({ id: newOrder(`${taken.at}`).id, nowMs });
          } else if (taken.kind === 'claim') {
            const { ordersMax, leaseMs } = taken;
            const request = claimRequest({ ordersMax, leaseMs, nowMs, attemptsMax: 100 });
            claims[taken.by].push(await store.claim(request));
          } else {
            const claim = claims[taken.by].shift();
            const how = { kind: taken.how, dueAtMs: nowMs + 15, reason: 'x' };
            const settlements = claim?.orders.map(({ id }) => ({ id, ...how }) as Settlement) ?? [];
            await store.settle(claim?.token ?? 0, settlements, nowMs);
          }
        }
        expect((await pass(today)).found).toEqual({});

        // From here on only one of them is left: today's after the change, the other after a rollback.
        const store = versions[last];
        const request = claimRequest({ ordersMax: 1, nowMs: nowMs + 100_000, attemptsMax: 100 });
        for (let isMore = true; isMore; ) {
          const claim = await store.claim(request);
          const settlements = claim.orders.map(({ id }) => ({ id, kind: 'produced' as const }));
          await store.settle(claim.token, settlements, nowMs + 100_000);
          isMore = claim.more;
        }
        for (const id of submitted) {
          const { status } = (await readByBoth(versions, id, nowMs + 200_000)) ?? {};
          expect(['produced', 'dead', 'canceled']).toContain(status);
        }
        expect((await pass(today)).found).toEqual({});
        await today.redis.flushdb();
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

test('today’s upkeep leaves the previous version’s orders alone until their time, and then they go', async () => {
  const { today, versions } = bothVersions();
  await versions.previous.submitAll([ORDER, newOrder('b')], NOW_MS);
  const { token } = await versions.previous.claim(claimRequest({ ordersMax: 1 }));
  expect((await pass(today, { isRepair: true })).found).toEqual({});
  const [done] = await today.redis.hkeys(today.keys.owners);
  await versions.previous.settle(token, [{ id: done ?? '', kind: 'produced' }], NOW_MS);
  const report = await retain({
    store: maintenanceStore(today.client, today.keys),
    clock: steppedClock(NOW_MS + 2),
    retentionMs: 1,
  });
  expect(report).toMatchObject({ produced: 0, kept: 1 });
  await versions.previous.claim(claimRequest());
  const after = await retain({
    store: maintenanceStore(today.client, today.keys),
    clock: steppedClock(NOW_MS + 2),
    retentionMs: 1,
  });
  expect(after).toMatchObject({ produced: 1, kept: 0 });
  expect(await versions.previous.read(done ?? '', LATER_MS)).toBeUndefined();
});
