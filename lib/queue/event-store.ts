import type { Order } from '../orders/order.ts';

/** The most events of one page. */
export const EVENTS_PAGE_MAX = 100;

/** That something has become of an order. It was written in the atomic step that made it so. */
export interface OrderEvent {
  /** The same each time that the event is read, and no other event's. */
  readonly id: string;
  readonly orderId: string;
  /** `produced`, `dead` or `canceled`; a newer version may know others. */
  readonly kind: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** As it is now; left out where it was forgotten since, or cannot be read. */
  readonly order?: Order;
}

/** What announcing needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface EventStore {
  /** How many events wait to be announced. */
  waiting(): Promise<number>;
  /** The oldest of them in their order, after `skip`; at most `EVENTS_PAGE_MAX`. */
  oldest(skip: number, nowMs: number): Promise<OrderEvent[]>;
  /**
   * Takes events out that have been seen to: those of them that are still the oldest. What the
   * receiver refused is set aside. Asked twice, it takes out nothing more.
   */
  takeOut(events: readonly SeenTo[]): Promise<void>;
}

export interface SeenTo {
  readonly id: string;
  readonly isRefused: boolean;
}
