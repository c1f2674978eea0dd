import { type ReconcileReport, reconcile } from '../../lib/maintenance/reconcile.ts';
import type { MaintenanceStore } from '../../lib/queue/maintenance-store.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { claimRequest, NOW_MS, newOrder } from './orders.ts';
import { steppedClock } from './stepped-clock.ts';
import type { TestStore } from './store.ts';

/** When the passes of these tests run: all orders were accepted before, no lease has ended yet. */
export const PASS_MS = NOW_MS + 10_000;
/** When all that waits for a time is due. */
export const ALL_DUE_MS = NOW_MS + 3_600_000;

/** One pass over the test's store. */
export function pass(
  store: TestStore,
  options: {
    isRepair?: boolean;
    isThorough?: boolean;
    wrap?: (bare: MaintenanceStore) => MaintenanceStore;
  } = {},
): Promise<ReconcileReport> {
  const { isRepair = false, isThorough = false, wrap = (bare) => bare } = options;
  const bare = maintenanceStore(store.client, store.keys, { pageSize: 3 });
  return reconcile({ store: wrap(bare), clock: steppedClock(PASS_MS), isRepair, isThorough });
}

/** How an order comes into a state, and the places that must hold its id then. */
export const STATES = {
  queued: { places: ['queue'], reach: async () => undefined },
  scheduled: { places: ['pending'], reach: async () => undefined },
  leased: { places: ['pending', 'owners'], reach: claimed },
  retry: { places: ['pending'], reach: settled('retry') },
  produced: { places: ['finished'], reach: settled('produced') },
  dead: { places: ['dead'], reach: settled('dead') },
  canceled: { places: ['canceled'], reach: canceled },
} as const;

export type State = keyof typeof STATES;
export type StatePlace = (typeof STATES)[State]['places'][number];

/** Submits an order and brings it into a state; no other order waits when it is claimed. */
export async function orderIn(store: TestStore, state: State, key: string = state) {
  const submission = state === 'scheduled' ? { produceAtMs: NOW_MS + 1_800_000 } : {};
  const order = newOrder(key, { submission });
  await store.submit(order);
  await STATES[state].reach(store, order.id);
  return order;
}

async function claimed(store: TestStore) {
  const { token } = await store.claim(claimRequest());
  return token;
}

function settled(kind: 'retry' | 'produced' | 'dead') {
  return async (store: TestStore, id: string) => {
    const token = await claimed(store);
    const orderNumber = await store.numbers.take(1);
    const how = { orderNumber, dueAtMs: ALL_DUE_MS - 1, reason: 'a reason' };
    await store.settle(token, [{ id, kind, ...how }], NOW_MS + 2_000);
  };
}

async function canceled(store: TestStore, id: string) {
  await store.cancel({ id, nowMs: NOW_MS + 2_000 });
  await store.claim(claimRequest());
}

/** Takes an id out of one place, as a fault would. */
export async function loseFrom(store: TestStore, place: StatePlace | 'index' | 'hash', id: string) {
  const { redis, keys } = store;
  if (place === 'hash') await redis.del(keys.order(id));
  else if (place === 'queue') await redis.lrem(keys.queue, 0, id);
  else if (place === 'owners') await redis.hdel(keys.owners, id);
  else await redis.zrem(keys[place], id);
}

/** Which places hold an id. */
export async function placesOf(store: TestStore, id: string): Promise<string[]> {
  const { redis, keys } = store;
  const sets = ['index', 'pending', 'dead', 'finished', 'canceled'] as const;
  const found: string[] = [];
  for (const place of sets) if ((await redis.zscore(keys[place], id)) !== null) found.push(place);
  if ((await redis.hget(keys.owners, id)) !== null) found.push('owners');
  if ((await redis.lpos(keys.queue, id)) !== null) found.push('queue');
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
