/**
 * A process that drains when it is told to, as a warm Lambda does, with a producer that asks a
 * system behind, and that an order can kill. Its parent kills it too.
 */

import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { drainSlot } from '../../lib/production/drain-slot.ts';
import type { Producer } from '../../lib/production/producer.ts';
import { orderNumberProducer } from '../../lib/production/producers/order-numbers.ts';
import { acquireLock } from '../../lib/redis/lock.ts';
import { orderNumbers } from '../../lib/redis/order-numbers.ts';
import { productionStore } from '../../lib/redis/production-store.ts';
import { surroundings } from '../../lib/runtime.ts';
import type { HandoverRequest, Verdict } from './behind.ts';
import type { Nature } from './order-plan.ts';

export interface Invocation {
  readonly slot: number;
  readonly timeMs: number;
  /** How far its clock is ahead: what is leased or waits is due sooner. */
  readonly aheadMs: number;
}

const LOCK_LEASE_MS = 2_000;
const needs = { redis: true, apiKeys: false };
const { config, keys, random, redisForBatches, redisForRequests } = surroundings(
  process.env,
  needs,
);
const client = redisForBatches();
const lockClient = redisForRequests();
const store = productionStore(client, keys, randomUUID());
const numbers = orderNumberProducer(orderNumbers(client, keys));

const producer: Producer = async (orders, context) => {
  const numbered = await numbers(orders, context);
  const handovers = orders.map(({ id, metadata }) => {
    const answer = numbered.get(id);
    const orderNumber = answer?.kind === 'produced' ? (answer.orderNumber ?? 0) : 0;
    return { id, nature: (metadata?.nature ?? 'plain') as Nature, orderNumber };
  });
  if (handovers.some(({ nature }) => nature === 'poison')) {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  }
  const request: HandoverRequest = { pid: process.pid, token: context.token, orders: handovers };
  const answer = await fetch(process.env.BEHIND_URL as string, {
    method: 'POST',
    body: JSON.stringify(request),
    signal: context.signal,
  });
  return new Map((await answer.json()) as [string, Verdict][]);
};

process.on('message', async ({ slot, timeMs, aheadMs }: Invocation) => {
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  const lock = () => {
    const request = { client: lockClient, clock, key: keys.lock(slot), leaseMs: LOCK_LEASE_MS };
    return acquireLock({ ...request, token: randomUUID() });
  };
  const { batchSize, leaseMs, attemptsMax } = config;
  const outcome = await drainSlot(
    { store, producer, clock, random, log: () => undefined, metrics: NO_METRICS, lock },
    { batchSize, leaseMs, attemptsMax },
    clock.now() + timeMs,
  ).catch((error: Error) => ({ kind: 'failed' as const, error: error.name }));
  process.send?.(outcome);
});
// Its parent is gone: so is all that it drains.
process.on('disconnect', () => process.exit());
