/**
 * A process that drains when it is told to, as a warm Lambda does, with the producer that its
 * environment names, and that an order can kill. Its parent kills it too.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import { drainSlot } from '../../lib/drain/drain-slot.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import type { CreateProducer, Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import { runtimeOf } from '../../lib/runtime.ts';
import type { DrainRecord } from '../../lib/store/activity.ts';
import { acquireLock } from '../../lib/store/lock.ts';

export interface Invocation {
  readonly slot: number;
  readonly timeMs: number;
  /** How far its clock is ahead: what is leased or waits is due sooner. */
  readonly aheadMs: number;
}

const LOCK_LEASE_MS = 2_000;
const { env, config, keys, random, storeForBatches, storeForRequests } = runtimeOf(process.env, {
  redis: true,
  apiKeys: false,
});
const store = storeForBatches();
const { client } = storeForRequests();
const log = () => undefined;
const unwritten: DrainRecord[] = [];
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

const name = env.CHAOS_PRODUCER as string;
const chosen: { createProducer: CreateProducer } = await import(`../../lib/producers/${name}.ts`);
const produce = chosen.createProducer({ env, clock, random, log });

/** The default producer has nobody behind it to retry or reject an order. */
function ownAnswer(nature: string | undefined, attempts: number): ProducerAnswer | undefined {
  if (name !== 'order-numbers') return undefined;
  if (nature === 'reject') return { kind: 'rejected', reason: 'no such sku' };
  return nature === 'retry' && attempts === 1 ? { kind: 'retry', reason: 'busy' } : undefined;
}

const producer: Producer = async (orders, context) => {
  if (orders.some(({ metadata }) => metadata?.nature === 'poison')) {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  }
  const answers = new Map(await produce(orders, context));
  for (const { id, metadata, attempts } of orders) {
    const own = ownAnswer(metadata?.nature, attempts);
    if (own !== undefined) answers.set(id, own);
  }
  return answers;
};

process.on('message', async (invocation: Invocation) => {
  const { slot, timeMs } = invocation;
  aheadMs = invocation.aheadMs;
  const lock = { client, clock, key: keys.lock(slot), leaseMs: LOCK_LEASE_MS };
  const outcome = await drainSlot(
    {
      ...{ store, producer, clock, random, log, metrics: NO_METRICS, unwritten },
      lock: () => acquireLock({ ...lock, token: randomUUID() }),
    },
    { ...config, isAnnounced: false },
    { deadlineMs: clock.now() + timeMs, drainId: randomUUID(), slot, trigger: 'schedule' },
  ).catch((error: Error) => ({ kind: 'failed' as const, error: error.name }));
  process.send?.(outcome);
});
// Its parent is gone: so is all that it drains.
process.on('disconnect', () => process.exit());
