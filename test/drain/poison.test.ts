import { expect, test } from 'vitest';
import type { Producer } from '../../lib/production/producer.ts';
import { mortal } from '../crash/mortal.ts';
import { outcomesOf } from '../crash/outcomes.ts';
import { runDrain } from '../support/drains.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const LATER_MS = 60_000;
/** Far more than any of these orders may be claimed. */
const LIVES_MAX = 100;

/** How often each order was handed to a producer, whether that lived to answer or not. */
type Handed = Map<string, number>;

/**
 * Drains by processes that die where an order is poison, one after the other and a lease apart,
 * until one has nothing left to do.
 */
async function drainByProcesses(
  store: TestStore,
  poison: readonly string[],
  attemptsMax: number,
  beforeEach: (life: number) => Promise<unknown> = async () => undefined,
): Promise<Handed> {
  const handed: Handed = new Map();
  for (let number = 1; number <= LIVES_MAX; number += 1) {
    await beforeEach(number);
    const life = mortal();
    const producer: Producer = async (orders) => {
      for (const { id } of orders) handed.set(id, (handed.get(id) ?? 0) + 1);
      if (orders.some(({ id }) => poison.includes(id))) return life.die();
      return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
    };
    const clock = steppedClock(NOW_MS + number * LATER_MS);
    const end = await life.live(() =>
      runDrain(life.guard('store', store), { producer, clock, limits: { attemptsMax } }),
    );
    if (end !== 'died') return handed;
  }
  throw new Error(`The last of ${LIVES_MAX} processes has died`);
}

test.for([2, 3, 12])(
  'orders that kill their process are dead after exactly %i claims, and all others are produced',
  async (attemptsMax) => {
    const store = freshStore();
    const ids = await submitOrders(store, 20);
    // Two in one batch, one beside, and the last of all.
    const poison = [3, 4, 11, 19].map((place) => ids[place] as string);
    const handed = await drainByProcesses(store, poison, attemptsMax);
    const outcomes = await outcomesOf(store, ids);
    for (const [place, { status, attempts }] of outcomes.entries()) {
      const id = ids[place] as string;
      const isPoison = poison.includes(id);
      expect(status, id).toBe(isPoison ? 'dead' : 'produced');
      if (isPoison) expect([attempts, handed.get(id)], id).toEqual([attemptsMax, attemptsMax]);
      // Killed once at most in the company of a poisonous order, and then alone.
      else expect(attempts, id).toBeLessThanOrEqual(2);
    }
    const { queue, pending, owners } = store.keys;
    expect(await store.redis.exists(queue, pending, owners)).toBe(0);
  },
);

test('a poisonous order takes no order with it that comes in while it is known to be one', async () => {
  const store = freshStore();
  const [poison] = (await submitOrders(store, 1)) as [string];
  const comers: string[] = [];
  await drainByProcesses(store, [poison], 5, async (life) => {
    if (life === 1 || life > 5) return;
    const order = newOrder(`comer-${life}`);
    comers.push(order.id);
    await store.submit(order);
  });
  const outcomes = await outcomesOf(store, comers);
  expect(outcomes).toMatchObject(comers.map(() => ({ status: 'produced', attempts: 1 })));
});

test('the attempt in which an order killed its process is counted beside those that were answered', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const producer: Producer = async () => new Map([[id, { kind: 'retry', reason: 'busy' }]]);
  await runDrain(store, { producer, limits: { attemptsMax: 4 } });
  const handed = await drainByProcesses(store, [id], 4);
  expect(handed.get(id)).toBe(3);
  expect(await outcomesOf(store, [id])).toMatchObject([{ status: 'dead', attempts: 4 }]);
});

test('an order that no drain has answered for says so when it is dead', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await drainByProcesses(store, [id], 2);
  const order = await store.read(id, NOW_MS);
  expect(order?.lastError?.reason).toContain('its drain died or was cut off');
  expect((await store.claim(claimRequest({ nowMs: NOW_MS + 1e9 }))).orders).toEqual([]);
});
