import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { chanceFrom } from '../support/chance.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { accept, producerFor, type Received, startReceiver } from './receiver.ts';

const ORDERS = 40;
const ROUNDS_MAX = 200;
const CASES = [1, 2, 3, 4].flatMap((seed) =>
  (['order', 'batch'] as const).map((mode) => ({ seed, mode })),
);

/** What a receiver may do to a POST, beside taking it; by then its orders have their effect or not. */
const FATES: readonly { hasEffect: boolean; answer: (response: ServerResponse) => unknown }[] = [
  { hasEffect: false, answer: (response) => response.destroy() },
  { hasEffect: true, answer: (response) => response.destroy() },
  { hasEffect: false, answer: (response) => response.writeHead(500).end() },
  { hasEffect: true, answer: (response) => response.writeHead(502).end() },
  { hasEffect: false, answer: (response) => response.writeHead(429, { 'retry-after': '5' }).end() },
  {
    hasEffect: true,
    answer: (response) => {
      response.writeHead(200, { 'content-length': 99 });
      response.write('{"results":', () => response.destroy());
    },
  },
];

test.each(CASES)(
  'whatever befalls each POST, every order takes effect once ($mode, seed $seed)',
  async ({ seed, mode }) => {
    const chance = chanceFrom(seed);
    const store = freshStore();
    const ids = await submitOrders(store, ORDERS);
    const effects = new Map<string, number>();
    const done = new Set<string>();
    const take = ({ orders, headers }: Received) => {
      const keys = mode === 'order' ? [String(headers['idempotency-key'])] : orders;
      for (const [index, key] of keys.entries()) {
        if (done.has(key)) continue;
        done.add(key);
        const id = orders[index] as string;
        effects.set(id, (effects.get(id) ?? 0) + 1);
      }
    };
    await using receiver = await startReceiver((received, response) => {
      const fate = FATES[Math.floor(chance() * FATES.length * 2)];
      if (fate?.hasEffect !== false) take(received);
      if (fate === undefined) accept(received, response);
      else fate.answer(response);
    });
    const clock = steppedClock(NOW_MS + 1_000);
    // Two warm Lambdas that drain at once; now and then what they hold is lost before it is settled.
    const drains = [1, 2].map(() => {
      const producer = producerFor(receiver.url, { clock }, { mode });
      const settle: typeof store.settle = (...call) =>
        chance() < 0.2 ? Promise.reject(new Error('killed')) : store.settle(...call);
      const options = { producer, clock, random: chance, limits: { attemptsMax: 1_000 } };
      return () => runDrain({ ...store, settle }, options).catch(() => undefined);
    });
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await Promise.all(drains.map((drain) => drain()));
      if ((await store.redis.zcard(store.keys.finished)) === ORDERS) break;
      clock.step(60_000);
    }
    expect(ids.map((id) => effects.get(id))).toEqual(ids.map(() => 1));
    expect(await store.redis.zcard(store.keys.finished)).toBe(ORDERS);
    expect(receiver.all.length).toBeGreaterThan(mode === 'order' ? ORDERS : 1);
  },
);
