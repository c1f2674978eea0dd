import type { Submission } from './submission.ts';

/** What the hash says of an order. Producing is not among them: that is a lease, not a mark. */
export const STORED_STATUSES = ['queued', 'scheduled', 'produced', 'dead', 'canceled'] as const;
export type StoredStatus = (typeof STORED_STATUSES)[number];

/** What clients see. */
export const ORDER_STATUSES = [...STORED_STATUSES, 'producing'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** An order that was accepted, with what has become of it since. Times in Unix milliseconds. */
export interface Order extends Submission {
  readonly id: string;
  /** The name of the client that submitted it, and whose order it is. */
  readonly client: string;
  readonly status: OrderStatus;
  /** How often it was claimed and not given back untried. */
  readonly attempts: number;
  readonly acceptedAtMs: number;
  readonly updatedAtMs: number;
  readonly producedAtMs?: number;
  readonly orderNumber?: number;
  /** What the producer answered, if it answered anything. */
  readonly result?: unknown;
  /** Why the last attempt that failed did. */
  readonly lastError?: { readonly reason: string; readonly atMs: number };
}

/** An order without its lines, which lists leave out: they are most of its size. */
export type OrderSummary = Omit<Order, 'lines'>;

/**
 * The status that an order is given at intake: `scheduled` where its time is still to come.
 * It follows from what never changes, so a replay gives the same answer for ever.
 */
export function statusAtIntake(
  { produceAtMs }: Pick<Submission, 'produceAtMs'>,
  acceptedAtMs: number,
): 'queued' | 'scheduled' {
  return produceAtMs !== undefined && produceAtMs > acceptedAtMs ? 'scheduled' : 'queued';
}
