/**
 * A process that drains when it is told to, as a warm Lambda does, with the producer that its
 * environment names, and that an order can kill. Its parent kills it too.
 */

import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { drainSlot } from '../../lib/production/drain-slot.ts';
import type { CreateProducer, Producer } from '../../lib/production/producer.ts';
import { acquireLock } from '../../lib/redis/lock.ts';
import { orderNumbers } from '../../lib/redis/order-numbers.ts';
import { productionStore } from '../../lib/redis/production-store.ts';
import { surroundings } from '../../lib/runtime.ts';

export interface Invocation {
  readonly slot: number;
  readonly timeMs: number;
  /** How far its clock is ahead: what is leased or waits is due sooner. */
  readonly aheadMs: number;
}

const LOCK_LEASE_MS = 2_000;
const needs = { redis: true, apiKeys: false };
const { env, config, keys, random, redisForBatches, redisForRequests } = surroundings(
  process.env,
  needs,
);
const client = redisForBatches();
const lockClient = redisForRequests();
const store = productionStore(client, keys, randomUUID());
const log = () => undefined;
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

const chosen = (await import(env.CHAOS_PRODUCER as string)) as { createProducer: CreateProducer };
const numbers = orderNumbers(client, keys);
const produce = chosen.createProducer({ env, numbers, clock, random, log });

const producer: Producer = (orders, context) => {
  if (orders.every(({ metadata }) => metadata?.nature !== 'poison'))
    return produce(orders, context);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

process.on('message', async (invocation: Invocation) => {
  const { slot, timeMs } = invocation;
  aheadMs = invocation.aheadMs;
  const lock = () => {
    const request = { client: lockClient, clock, key: keys.lock(slot), leaseMs: LOCK_LEASE_MS };
    return acquireLock({ ...request, token: randomUUID() });
  };
  const { batchSize, leaseMs, attemptsMax } = config;
  const outcome = await drainSlot(
    { store, producer, clock, random, log, metrics: NO_METRICS, lock },
    { batchSize, leaseMs, attemptsMax },
    clock.now() + timeMs,
  ).catch((error: Error) => ({ kind: 'failed' as const, error: error.name }));
  process.send?.(outcome);
});
// Its parent is gone: so is all that it drains.
process.on('disconnect', () => process.exit());
