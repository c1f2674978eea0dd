import { randomUUID } from 'node:crypto';
import { type DrainDependencies, type DrainLimits, drain } from '../../lib/drain/drain.ts';
import type { DrainNotes } from '../../lib/drain/notes.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { createProducer } from '../../lib/producers/order-numbers.ts';
import type {
  Producer,
  ProducerAnswer,
  ProducerDependencies,
} from '../../lib/producers/producer.ts';
import { readyClients } from '../../lib/store/claim.ts';
import type { Store } from '../../lib/store/connection.ts';
import { NOW_MS } from './orders.ts';
import { type SteppedClock, steppedClock } from './stepped-clock.ts';

export const DRAIN_LIMITS = {
  batchSize: 10,
  lanes: 2,
  leaseMs: 30_000,
  attemptsMax: 3,
  isAnnounced: false,
  settleMs: 1_000,
  produceMsMin: 1_000,
};

export interface DrainOptions extends Partial<DrainDependencies> {
  readonly limits?: Partial<DrainLimits>;
  readonly timeMs?: number;
  readonly signal?: AbortSignal;
  readonly notes?: DrainNotes;
}

/** One drain on the test's store and clock, with the default producer if none is given. */
export async function runDrain(store: Store, options: DrainOptions = {}) {
  const {
    limits,
    timeMs = 60_000,
    signal = new AbortController().signal,
    notes,
    ...others
  } = options;
  const clock = others.clock ?? steppedClock(NOW_MS + 1_000);
  return await drain(
    {
      store,
      producer: defaultProducer,
      random: () => 0.5,
      log: () => undefined,
      metrics: NO_METRICS,
      ...others,
      clock,
    },
    { ...DRAIN_LIMITS, ...limits },
    { deadlineMs: clock.now() + timeMs, signal },
    {
      drainId: randomUUID(),
      ready: await readyClients(store, clock.now()),
      ...(notes && { notes }),
    },
  );
}

/** The default producer needs none of its dependencies. */
export const defaultProducer = createProducer({} as ProducerDependencies);

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
