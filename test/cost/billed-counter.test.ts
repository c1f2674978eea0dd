import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { cancelStore } from '../../lib/redis/cancel-store.ts';
import { connect, type RedisClient, type RedisWatch } from '../../lib/redis/client.ts';
import { eventStore } from '../../lib/redis/event-store.ts';
import { intakeStore } from '../../lib/redis/intake-store.ts';
import { keysWith } from '../../lib/redis/keys.ts';
import { acquireLock } from '../../lib/redis/lock.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { orderNumbers } from '../../lib/redis/order-numbers.ts';
import { productionStore } from '../../lib/redis/production-store.ts';
import { rateLimit } from '../../lib/redis/rate-limit.ts';
import { readStore } from '../../lib/redis/read-store.ts';
import { redriveStore } from '../../lib/redis/redrive-store.ts';
import * as scripts from '../../lib/redis/scripts.ts';
import { billedCommands } from '../../local/billed-commands.ts';
import { claimRequest, NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
afterAll(stack.stop);
const plain = connect({ ...stack, timeoutMs: 5_000, sendsMax: 1, random: () => 0 });
const executed = async () =>
  billedCommands(await plain.redis.exec<string>(['INFO', 'commandstats']));

/** A client under keys of its own, and what it believes that its requests are billed. */
function watched() {
  let billed = 0;
  const watch: RedisWatch = {
    sent: () => undefined,
    billed(commands) {
      billed += commands;
    },
  };
  const client = connect({
    ...stack,
    timeoutMs: 5_000,
    sendsMax: 1,
    random: () => 0,
    watch,
  });
  const keys = keysWith(`${randomUUID()}:`);
  return { client, keys, billed: () => billed };
}

/** What Redis executed while `work` ran, and what the client counted meanwhile. */
async function bothCounts(billed: () => number, work: () => Promise<unknown>) {
  const before = { redis: await executed(), client: billed() };
  await work();
  return { redis: (await executed()) - before.redis, client: billed() - before.client };
}

const orders = (count: number, prefix = 'key') =>
  Array.from({ length: count }, (_, at) => newOrder(`${prefix}-${at}`));

function storesOf(client: RedisClient, keys: ReturnType<typeof keysWith>) {
  const on = { isAnnounced: true };
  return {
    intake: intakeStore(client, keys),
    production: productionStore(client, keys, 'holder', on),
    cancel: cancelStore(client, keys, on),
    redrive: redriveStore(client, keys),
    read: readStore(client, keys),
    events: eventStore(client, keys),
    numbers: orderNumbers(client, keys),
    maintenance: maintenanceStore(client, keys),
  };
}

/** Everything that is asked of Redis, in all its ways; each step is counted by itself. */
function everything() {
  const { client, keys, billed } = watched();
  const stores = storesOf(client, keys);
  const { intake, production, cancel, redrive, read, events, numbers, maintenance } = stores;
  const ids = orders(12).map(({ id }) => id);
  const [first = '', second = ''] = ids;
  const clock = steppedClock(NOW_MS);
  const limit = rateLimit(client, keys.rate, 2);
  const lock = { client, clock, key: keys.lock(0), leaseMs: 30_000 };
  let held: Awaited<ReturnType<typeof acquireLock>>;
  let token = 0;
  const produced = (some: string[]) => some.map((id) => ({ id, kind: 'produced' }) as const);
  const later = { submission: { produceAtMs: NOW_MS + 5_000 } };
  const steps: Record<string, () => Promise<unknown>> = {
    'a new order': () => intake.submit(orders(1), NOW_MS),
    'a repeat': () => intake.submit(orders(1), NOW_MS),
    'known and new ones': () => intake.submit(orders(12), NOW_MS),
    'one for later': () => intake.submit([newOrder('later', later)], NOW_MS),
    'a cancel': () => cancel.cancel({ id: second, nowMs: NOW_MS }),
    'a cancel of nothing': () => cancel.cancel({ id: newOrder('none').id, nowMs: NOW_MS }),
    'a lock': async () => {
      held = await acquireLock({ ...lock, token: 'a' });
    },
    'a lock that another has': () => acquireLock({ ...lock, token: 'b' }),
    'a claim': async () => {
      ({ token } = await production.claim(claimRequest()));
    },
    'an extension': () => production.extend(token, [first, second], NOW_MS + 60_000),
    'an extension of nothing': () => production.extend(99, [first], NOW_MS + 60_000),
    numbers: () => numbers.take(3),
    'a settle of all kinds': () =>
      production.settle(
        token,
        [
          ...produced(ids.slice(2, 8)),
          { id: ids[8] ?? '', kind: 'dead', reason: 'x' },
          { id: ids[9] ?? '', kind: 'retry', dueAtMs: NOW_MS, reason: 'x' },
          { id: ids[10] ?? '', kind: 'untried' },
        ],
        NOW_MS,
      ),
    'a settle that is refused': () => production.settle(99, produced([first]), NOW_MS),
    'a claim in which one dies': () =>
      production.claim(claimRequest({ nowMs: NOW_MS + 90_000, attemptsMax: 1 })),
    'a claim of nothing': () => production.claim(claimRequest({ nowMs: 0 })),
    'the depth': () => production.ready(NOW_MS),
    'an order': () => read.read(first, NOW_MS),
    counts: () => read.counts(NOW_MS),
    'a page': () => read.page({ of: 'orders', ordersMax: 5, nowMs: NOW_MS }),
    'a page after a place': () =>
      read.page({
        of: 'orders',
        ordersMax: 5,
        after: { atMs: NOW_MS, id: 'ord_x' },
        nowMs: NOW_MS,
      }),
    'the oldest dead': () => redrive.oldestDead(5),
    'a redrive': () =>
      redrive.redrive({ ids: [ids[8] ?? ''], pauseMs: 5, mark: 'm', nowMs: NOW_MS }),
    events: () => events.oldest(0, NOW_MS),
    'events that are taken out': async () => {
      const page = await events.oldest(0, NOW_MS);
      await events.takeOut(page.map(({ id }, at) => ({ id, isRefused: at === 0 })));
    },
    'no events': () => events.oldest(0, NOW_MS),
    'a pass': () => reconcile({ store: maintenance, clock, isRepair: true, isThorough: true }),
    retention: () => {
      const late = steppedClock(NOW_MS + 1_000_000);
      return retain({ store: maintenance, clock: late, retentionMs: 1 });
    },
    'a lock that is given back': async () => held?.release(),
    'a request in a new window': () => limit('shop', Date.now()),
    'another request': () => limit('shop', Date.now()),
    'one that is over the limit': () => limit('shop', Date.now()),
    'one that is known to be over it': () => limit('shop', Date.now()),
  };
  return { steps, billed, client, keys };
}

test('what a client counts is what Redis executes, whatever it is asked for', async () => {
  const { steps, billed } = everything();
  const counts = [];
  for (const [name, step] of Object.entries(steps)) {
    counts.push({ name, ...(await bothCounts(billed, step)) });
  }
  // The first of each script finds that Redis does not know it: that is billed too.
  for (const { name, redis, client } of counts)
    expect({ name, billed: client }).toEqual({ name, billed: redis });
  expect(counts.reduce((sum, { client }) => sum + client, 0)).toBeGreaterThan(150);
});

test('each script is among what was counted', async () => {
  const known = await plain.redis.scriptExists(...Object.values(scripts).map(({ sha1 }) => sha1));
  const missing = Object.keys(scripts).filter((_, at) => known[at] !== 1);
  // It runs as time passes, below.
  expect(missing).toEqual(['EXTEND_LOCK']);
});

test('the extension of a lock is counted, also where the lock is lost', async () => {
  const { client, keys, billed } = watched();
  const clock = steppedClock(NOW_MS);
  const held = await acquireLock({ client, clock, key: keys.lock(0), leaseMs: 30_000, token: 'a' });
  const extend = async () => {
    const before = billed();
    clock.step(10_000);
    while (billed() - before < 2) await new Promise(setImmediate);
  };
  await extend();
  expect(await bothCounts(billed, extend)).toEqual({ redis: 3, client: 3 });
  await plain.redis.set(keys.lock(0), 'b');
  expect(await bothCounts(billed, async () => held?.release())).toEqual({ redis: 2, client: 2 });
});
