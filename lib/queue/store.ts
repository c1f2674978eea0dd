import type { Order, OrderStatus, OrderSummary } from '../orders/order.ts';
import type { Submission } from '../orders/submission.ts';

/** The most orders that one claim may take, and one submit: a script's steps stay bounded. */
export const CLAIM_ORDERS_MAX = 500;
export const SUBMIT_ORDERS_MAX = 500;

/** What intake needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface IntakeStore {
  /**
   * Writes orders, their places in the index and their ids in the queue in one atomic step, except
   * for those whose id is known. Sent twice, the second answers `known`.
   *
   * @param orders  1 to `SUBMIT_ORDERS_MAX`, no two with the same id
   * @param acceptedAtMs  Unix milliseconds
   */
  submit(orders: readonly NewOrder[], acceptedAtMs: number): Promise<Submitted>;
}

export interface Submitted {
  /** One for each order, in their order. */
  readonly answers: readonly SubmitAnswer[];
  /** How many ids were in the queue after this; not known where none of these went there. */
  readonly queueDepth?: number;
}

export interface NewOrder {
  readonly id: string;
  readonly client: string;
  readonly fingerprint: string;
  readonly submission: Submission;
}

export type SubmitAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'known'; readonly fingerprint: string; readonly acceptedAtMs: number };

/** What reading needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface ReadStore {
  /** The order as it is now, or `undefined` where there is none. */
  read(id: string, nowMs: number): Promise<Order | undefined>;
  counts(nowMs: number): Promise<Counts>;
  /** Orders with the newest first; reads no more than `PAGE_ORDERS_MAX`. */
  page(request: PageRequest): Promise<Page>;
}

/** The most orders of one page, and the most that a request looks at to find those that match. */
export const PAGE_ORDERS_MAX = 100;

export interface PageRequest {
  /** All orders by when they were accepted, or the dead ones by when they died. */
  readonly of: 'orders' | 'dead-letters';
  /** 1 to `PAGE_ORDERS_MAX`. */
  readonly ordersMax: number;
  /** Where the page before this one ended. */
  readonly after?: Place;
  /** Only orders of this client, of this customer, in this status. */
  readonly client?: string;
  readonly customer?: string;
  readonly status?: OrderStatus;
  readonly nowMs: number;
}

/** A place among orders; it stays one when its order has gone. */
export interface Place {
  readonly atMs: number;
  readonly id: string;
}

export interface Page {
  readonly orders: readonly OrderSummary[];
  /** Where the next page begins, if there is one. */
  readonly end?: Place;
}

/** What canceling needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface CancelStore {
  /** Marks an order that has not begun to be produced, in one atomic step. Asked twice, it answers the same. */
  cancel(request: CancelRequest): Promise<CancelAnswer>;
}

export interface CancelRequest {
  readonly id: string;
  /** Whose order it must be; anybody's where it is left out. */
  readonly client?: string;
  readonly nowMs: number;
}

export type CancelAnswer =
  | { readonly kind: 'canceled' | 'not-found' }
  /** Too late: it is producing, produced or dead. */
  | { readonly kind: 'refused'; readonly status: string };

/** What redriving needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface RedriveStore {
  /** Ids of dead orders, those in front that died first. */
  oldestDead(ordersMax: number): Promise<string[]>;
  /**
   * Puts dead orders back with no attempt counted, in one atomic step. Sent twice, it answers the
   * same and does nothing.
   *
   * @returns for each order whether it was put back; it was not where it is not dead
   */
  redrive(request: RedriveRequest): Promise<boolean[]>;
}

/** The most orders that one redrive puts back. */
export const REDRIVE_ORDERS_MAX = 500;

export interface RedriveRequest {
  /** 1 to `REDRIVE_ORDERS_MAX`. */
  readonly ids: readonly string[];
  /** From one order's due time to the next, also over several redrives; 0 for all of them now. */
  readonly pauseMs: number;
  /** A value that no other redrive has, such as a UUID: it tells a second sending from another one. */
  readonly mark: string;
  readonly nowMs: number;
}

/** How many orders are in each state. */
export interface Counts {
  readonly queued: number;
  readonly producing: number;
  readonly scheduled: number;
  readonly dead: number;
  readonly produced: number;
  readonly canceled: number;
  /** How long the order at the head of the queue has waited; `null` where none waits. */
  readonly oldestQueuedAgeMs: number | null;
  /** Names the counts that are not exact. */
  readonly approximate: readonly string[];
}

/** What production needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface ProductionStore {
  /** Leases orders to one drainer. Asked twice, it leases others, or none. */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Says what became of claimed orders, and ends their lease. Only the holder of the fencing
   * token can; asked twice, it answers the same and does nothing.
   *
   * @returns for each settlement whether it stands
   */
  settle(token: number, settlements: readonly Settlement[], nowMs: number): Promise<boolean[]>;
  /** Moves the end of the lease of those orders that the token still holds; answers which. */
  extend(token: number, ids: readonly string[], leaseEndMs: number): Promise<boolean[]>;
  /** How many orders are ready to be claimed. */
  ready(nowMs: number): Promise<number>;
}

export interface ClaimRequest {
  /** 1 to `CLAIM_ORDERS_MAX`. */
  readonly ordersMax: number;
  /** A claim stops at the order that takes it past this size; it takes one at least. */
  readonly bytesMax: number;
  readonly leaseMs: number;
  readonly nowMs: number;
  /** An order that was claimed so often without being settled is dead. */
  readonly attemptsMax: number;
}

export interface Claim {
  /** Grows with each claim; 0 where nothing was leased. */
  readonly token: number;
  /** Names what was leased, as no other claim: a failover can give a token out a second time. */
  readonly batchId: string;
  readonly orders: readonly ClaimedOrder[];
  /** Ids that died in this claim, as their attempts were used up. */
  readonly dead: readonly string[];
  /**
   * Ids whose order is gone or cannot be read. Those that are gone have left the queue; the others
   * come back as their leases end, until they are dead.
   */
  readonly broken: readonly string[];
  /** Whether more orders were ready than were taken. */
  readonly more: boolean;
}

/** An order under a lease; `attempts` counts this one too. */
export type ClaimedOrder = Order & { readonly status: 'producing' };

export type Settlement = { readonly id: string } & (
  | { readonly kind: 'produced'; readonly orderNumber?: number; readonly result?: unknown }
  | { readonly kind: 'retry'; readonly dueAtMs: number; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string }
  /** Given back untried: ready at once, and no attempt is charged. */
  | { readonly kind: 'untried' }
);

/** Hands out order numbers. */
export interface OrderNumbers {
  /** Takes `count` numbers that nobody else gets; returns the first of them, from 1 on. */
  take(count: number): Promise<number>;
}

/**
 * Counts a request of a client.
 *
 * @returns in how many seconds to try again, where the client is too fast
 */
export type RateLimit = (client: string, nowMs: number) => Promise<number | undefined>;
