import type { Submission } from './submission.ts';

/** What is stored of an order's progress. Producing is not among them: an order is producing while it is leased. */
export const STORED_STATUSES = ['queued', 'scheduled', 'produced', 'dead', 'canceled'] as const;
export type StoredStatus = (typeof STORED_STATUSES)[number];

/** What clients see. */
export const ORDER_STATUSES = [...STORED_STATUSES, 'producing'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** How an attempt can fail. `unanswered`: its lease ended without a settlement. */
export const FAILURE_KINDS = ['failed', 'rejected', 'unanswered'] as const;

/** An attempt that failed. Unix milliseconds. */
export interface Failure {
  readonly reason: string;
  readonly atMs: number;
  /** Left out where it was no attempt that failed, such as for an order that was lost. */
  readonly kind?: (typeof FAILURE_KINDS)[number];
  /** The fencing token under which it was claimed, and the drain that had it. */
  readonly token?: number;
  readonly holder?: string;
  readonly claimedAtMs?: number;
}

/** An accepted order, with what has become of it since. Times are Unix milliseconds. */
export interface Order extends Submission {
  readonly id: string;
  /** The name of the client that submitted it and owns it. */
  readonly client: string;
  readonly idempotencyKey: string;
  readonly status: OrderStatus;
  /** How often it was claimed and not given back untried. */
  readonly attempts: number;
  readonly acceptedAtMs: number;
  readonly updatedAtMs: number;
  /** When it is tried again, after an attempt that failed. */
  readonly nextAttemptAtMs?: number;
  readonly producedAtMs?: number;
  readonly orderNumber?: number;
  /** What the producer answered, if anything. */
  readonly result?: unknown;
  /** Why the last failed attempt failed. */
  readonly lastError?: Failure;
  /** What the order was before it was replaced, the latest first. */
  readonly replaced?: readonly ReplacedOrder[];
  /** The failed attempts before that, newest first, at most `HISTORY_MAX`. */
  readonly history?: readonly Failure[];
}

/** A content that an order had before it was replaced. Unix milliseconds. */
export interface ReplacedOrder extends Submission {
  readonly acceptedAtMs: number;
  readonly replacedAtMs: number;
}

/** How many earlier failures an order keeps. */
export const HISTORY_MAX = 50;

/** An order without its lines, which lists leave out: they are most of its size. */
export type OrderSummary = Omit<Order, 'lines'>;

/** An order under a lease; `attempts` counts this one too. */
export type ClaimedOrder = Order & { readonly status: 'producing' };

/**
 * The status an order gets at intake: `scheduled` if its time is still to come. It follows from what
 * never changes, so a replay always gives the same answer.
 */
export function statusAtIntake(
  { produceAtMs }: Pick<Submission, 'produceAtMs'>,
  acceptedAtMs: number,
): 'queued' | 'scheduled' {
  return produceAtMs !== undefined && produceAtMs > acceptedAtMs ? 'scheduled' : 'queued';
}
