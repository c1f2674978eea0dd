/** The most orders that one step of maintenance looks at: its scripts stay bounded. */
export const MAINTAIN_ORDERS_MAX = 500;

/** Where ids are kept; `orders` are the orders themselves, found without any list of them. */
export type Place =
  | 'index'
  | 'pending'
  | 'owners'
  | 'dead'
  | 'finished'
  | 'canceled'
  | 'orders'
  | 'queue';

/** What disagrees, and is repaired. */
export const REPAIRABLE = [
  /** An order that the index does not have. */
  'unindexed',
  /** An order that has ended, and is not where such orders are. */
  'unplaced',
  /** An order in a place that its status rules out. */
  'surplus',
  /** An order that is leased and whose lease never ends. */
  'endless',
  /** An order that waits and that nothing will ever claim. */
  'stranded',
] as const;

/** What cannot be repaired: only the client knows the order, or nobody does. */
export const BEYOND_REPAIR = [
  /** An id whose order is gone. */
  'lost',
  /** An order that cannot be read. */
  'broken',
] as const;

export type FindingKind = (typeof REPAIRABLE)[number] | (typeof BEYOND_REPAIR)[number];

/** What there is to tell of one order. */
export type Observation = { readonly id: string } & (
  | { readonly kind: FindingKind; readonly acceptedAtMs?: number }
  /** It waits, and must be in the queue; the mark changes whenever the order does. */
  | { readonly kind: 'waits'; readonly mark: string }
  /** Written by a version that this one does not know: left alone. */
  | { readonly kind: 'unknown' }
);

/** An order to look at. */
export interface Inspection {
  readonly id: string;
  /** `queued`: it has just been seen in the queue. A mark: the queue was searched in vain for it. */
  readonly sought?: string;
}

/** A counter that is behind what orders bear: it would give the same out twice. */
export interface CounterFinding {
  readonly counter: 'number' | 'fence';
  readonly value: number;
  /** The largest that any order bears. */
  readonly borne: number;
}

/** What maintenance needs of the store. Rejects with `StoreUnavailable` or `StoreFault`. */
export interface MaintenanceStore {
  /**
   * One page of the ids in a place. An id that is there from the first page to the last is in one
   * of them, whatever comes and goes meanwhile; it may be in two.
   *
   * @param cursor  of the page before; '' for the first
   * @returns `cursor` is left out where this was the last page
   */
  page(place: Place, cursor: string): Promise<{ ids: string[]; cursor?: string }>;
  /** Those ids that the index does not have or, in the queue, that are also where orders end. */
  suspects(ids: readonly string[], place: Place): Promise<string[]>;
  /**
   * Compares orders with the places that hold their ids, at one moment, and repairs what can be.
   *
   * @param inspections  1 to `MAINTAIN_ORDERS_MAX`
   */
  inspect(inspections: readonly Inspection[], options: InspectOptions): Promise<Observation[]>;
  /** Orders whose numbers and tokens are likely the largest: the newest produced, and some others. */
  bearers(): Promise<string[]>;
  /** Compares the counters with what these orders bear; raises those behind where it may. */
  counters(ids: readonly string[], options: { isRepair: boolean }): Promise<CounterFinding[]>;
  /** Orders that ended before a time, the oldest first, after `skip` of them. */
  endedBefore(place: EndPlace, beforeMs: number, skip: number): Promise<string[]>;
  /**
   * Removes those of the orders that ended before a time and wait nowhere any more.
   *
   * @returns how many of them are gone
   */
  forget(place: EndPlace, ids: readonly string[], beforeMs: number): Promise<number>;
}

export type EndPlace = 'finished' | 'canceled';

export interface InspectOptions {
  readonly isRepair: boolean;
  /** Whether also the hash of an order that has ended is read, and not only looked for. */
  readonly isThorough: boolean;
  readonly nowMs: number;
  /** Where a lease has no end, it ends then. */
  readonly leaseEndMs: number;
}
