import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import type { Environment } from '../settings.ts';

/**
 * Produces a batch of claimed orders: the step that orders wait for.
 *
 * A producer may be handed the same order again, after a crash or a lost lease, and by two drains at
 * once, so it must take the order's id as an idempotency key. A batch that it throws for is handed
 * to it once more, order by order. An order that it gives no answer for, because it throws for that
 * one too or is not done when the signal fires, is retried. `test/producers/conformance.ts` holds
 * what a producer has to do.
 *
 * @param orders  1 to `CLAIM_ORDERS_MAX`, no two with the same id
 * @returns an answer for each order, by id
 */
export interface Producer {
  (
    orders: readonly ClaimedOrder[],
    context: ProducerContext,
  ): Promise<ReadonlyMap<string, ProducerAnswer>>;
  /**
   * Removes what was produced of orders that were erased, if the downstream system can. It may be
   * asked again for the same orders, and for some that were never produced.
   *
   * @throws if it could not; it is asked again after a while
   */
  readonly erase?: (
    ids: readonly string[],
    context: Pick<ProducerContext, 'signal' | 'deadlineMs'>,
  ) => Promise<void>;
}

export interface ProducerContext {
  /** Fires before the lease or the Lambda ends; what is not answered by then is retried. */
  readonly signal: AbortSignal;
  /** When the signal fires at the latest, Unix milliseconds. */
  readonly deadlineMs: number;
  /** The fencing token: grows with each claim, so a system behind can refuse a smaller one. */
  readonly token: number;
}

export type ProducerAnswer =
  /** `next` gives the order the next number of Sluice's own, as it is settled. */
  | {
      readonly kind: 'produced';
      readonly orderNumber?: number | 'next';
      readonly result?: unknown;
    }
  /** Another attempt, `afterMs` from now at the earliest, as long as attempts are left. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** No attempt will ever succeed: the order goes to the dead letters. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /**
   * Not begun, as the downstream system is down or the time is up: the order is ready again at once, no
   * attempt is charged, and the drain ends, which would else claim the order in the same moment.
   * After it has thrown for the order's batch it counts as no answer: the order was begun then.
   */
  | { readonly kind: 'untried' };

/**
 * Makes a producer, once for each Lambda instance. A file that exports one under this name,
 * `createProducer`, can be chosen by `SLUICE_PRODUCER`; `docs/producers.md` tells how to write one.
 *
 * @throws ConfigError where a variable that it needs is missing or wrong: see `readSettings`
 */
export type CreateProducer = (dependencies: ProducerDependencies) => Producer;

/** What a producer is made with. */
export interface ProducerDependencies {
  /** The variables of the Lambda. */
  readonly env: Environment;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Takes ids, counts and reasons, never an order's data. */
  readonly log: Log;
}
