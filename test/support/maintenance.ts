import type { ReconcileOptions } from '../../lib/maintenance/pass.ts';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { aloneOf } from '../../lib/store/claim.ts';
import type { Store } from '../../lib/store/connection.ts';
import { producerOf, runDrain } from './drains.ts';
import { NOW_MS, newOrder } from './orders.ts';
import { steppedClock } from './stepped-clock.ts';
import { claimReady, submitOne, type TestStore } from './store.ts';

/** When the passes of these tests run: all orders were accepted before, no lease has ended yet. */
const PASS_MS = NOW_MS + 10_000;
/** When all that waits for a time is due. */
export const ALL_DUE_MS = NOW_MS + 3_600_000;

/** One pass over the test's store. */
export function pass(store: Store, options: Partial<ReconcileOptions> = {}) {
  return reconcile({ store, clock: steppedClock(PASS_MS), isRepair: false, ...options });
}

/** A store that does something of the test's before each of its requests. */
export function interrupted(store: Store, before: () => Promise<void>): Store {
  const { client, keys } = store;
  return {
    keys,
    client: {
      ...client,
      async repeatedly(send) {
        await before();
        return client.repeatedly(send);
      },
    },
  };
}

/** How an order comes into a state, and the places that hold its id then. */
export const STATES = {
  scheduled: { places: ['pending'], reach: async () => undefined },
  retry: {
    places: ['pending'],
    reach: drained({ kind: 'retry', reason: 'busy', afterMs: 60_000 }),
  },
  produced: { places: ['ended'], reach: drained({ kind: 'produced', orderNumber: 'next' }) },
  dead: { places: ['dead'], reach: drained({ kind: 'rejected', reason: 'no such article' }) },
  canceled: { places: ['ended'], reach: canceled },
  leased: {
    places: ['owners', 'pending'],
    reach: async (store: Store) => void (await claimReady(store)),
  },
  queued: { places: ['queue'], reach: async () => undefined },
} as const;

export type State = keyof typeof STATES;
export const ALL_STATES = Object.keys(STATES) as State[];

/** Submits an order and brings it into a state; no other order is ready meanwhile. */
export async function orderIn(store: TestStore, state: State, key: string = state) {
  const submission = state === 'scheduled' ? { produceAtMs: NOW_MS + 1_800_000 } : {};
  const order = newOrder(key, { submission });
  await submitOne(store, order);
  await STATES[state].reach(store, order.id);
  return order;
}

function drained(answer: ProducerAnswer) {
  return async (store: Store) => {
    await runDrain(store, { producer: producerOf(() => answer) });
  };
}

async function canceled(store: Store, id: string) {
  await cancel(store, { id, nowMs: NOW_MS + 2_000 });
  await runDrain(store, { clock: steppedClock(NOW_MS + 3_000) });
}

/** The keys that hold ids of a client's orders, by what they are called here. */
function placesIn(store: TestStore, client: string): [name: string, key: string][] {
  const { keys } = store;
  return [
    ['queue', keys.queue(client)],
    ['pending', keys.pending(client)],
    ['alone', keys.pending(aloneOf(client))],
    ['dead', keys.dead(client)],
    ['ended', keys.ended(client, 0)],
    ['owners', keys.owners],
  ];
}

/** Takes an id out of one place, as a fault would. */
export async function loseFrom(store: TestStore, place: string, id: string, client = 'shop') {
  const { redis } = store;
  const key = new Map(placesIn(store, client)).get(place) ?? '';
  if (place === 'queue') await redis.lrem(key, 0, id);
  else if (place === 'owners') await redis.hdel(key, id);
  else await redis.zrem(key, id);
}

/** Which places hold an id. */
export async function placesOf(store: TestStore, id: string, client = 'shop'): Promise<string[]> {
  const { redis } = store;
  const found: string[] = [];
  for (const [name, key] of placesIn(store, client)) {
    const holds =
      name === 'queue'
        ? await redis.lpos(key, id)
        : name === 'owners'
          ? await redis.hget(key, id)
          : await redis.zscore(key, id);
    if (holds !== null) found.push(name);
  }
  return found.sort();
}

/** Everything that the store holds, by key. */
export async function snapshot(store: TestStore): Promise<Record<string, unknown>> {
  const { redis, prefix } = store;
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    zset: (key) => redis.zrange(key, 0, -1, { withScores: true }),
  };
  const contents: Record<string, unknown> = {};
  for (const key of (await redis.keys(`${prefix}*`)).sort()) {
    contents[key] = await read[await redis.type(key)]?.(key);
  }
  return contents;
}
