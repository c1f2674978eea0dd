import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { type DrainDependencies, type DrainLimits, drain } from '../../lib/production/drain.ts';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import { orderNumberProducer } from '../../lib/production/producers/order-numbers.ts';
import { NOW_MS } from './orders.ts';
import { type SteppedClock, steppedClock } from './stepped-clock.ts';
import type { TestStore } from './store.ts';

export const DRAIN_LIMITS = {
  batchSize: 10,
  batchBytesMax: 1_000_000,
  leaseMs: 30_000,
  attemptsMax: 3,
  settleMs: 1_000,
  produceMsMin: 1_000,
};

export interface DrainOptions extends Partial<DrainDependencies> {
  readonly limits?: Partial<DrainLimits>;
  readonly timeMs?: number;
  readonly signal?: AbortSignal;
}

/** One drain on the test's store and clock, with the default producer where none is given. */
export function runDrain(store: TestStore, options: DrainOptions = {}) {
  const { limits, timeMs = 60_000, signal = new AbortController().signal, ...others } = options;
  const clock = others.clock ?? steppedClock(NOW_MS + 1_000);
  return drain(
    {
      store,
      producer: orderNumberProducer(store.numbers),
      random: () => 0.5,
      log: () => undefined,
      metrics: NO_METRICS,
      ...others,
      clock,
    },
    { ...DRAIN_LIMITS, ...limits },
    { deadlineMs: clock.now() + timeMs, signal },
  );
}

/** A producer that answers each order by a function of its own. */
export function producerOf(
  answer: (id: string, context: Parameters<Producer>[1]) => ProducerAnswer,
): Producer {
  return async (orders, context) => new Map(orders.map(({ id }) => [id, answer(id, context)]));
}

/** A producer that never answers; it tells when it was called, and whether its signal fired. */
export function silentProducer() {
  const called = Promise.withResolvers<AbortSignal>();
  const producer: Producer = (_, { signal }) => {
    called.resolve(signal);
    return new Promise(() => undefined);
  };
  return { producer, called: called.promise };
}

export type { SteppedClock };
