import type { Clock } from '../clock.ts';
import type { Store } from '../store/connection.ts';
import type { Totals } from '../store/recount.ts';
import type { UpkeepPage } from '../store/upkeep-pages.ts';
import type { Notes } from './findings.ts';
import type { StockSeen } from './stock.ts';

export interface ReconcileOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly isRepair: boolean;
  /** Whether all ended orders are checked, and not only those that have ended since the last pass. */
  readonly isThorough?: boolean;
  /** How long ended orders are kept: one that is older has been passed over by retention. */
  readonly retentionMs?: number;
  /** Unix milliseconds after which no further page is begun; without it the pass goes to its end. */
  readonly deadlineMs?: number;
}

/** Orders that have ended by a drain's clock may be seen a little later by this one's. */
export const CLOCKS_MS = 600_000;
/** A pass under way. */
export interface Pass extends ReconcileOptions {
  readonly notes: Notes;
  readonly startMs: number;
  /** As the pass began. */
  readonly totals: Totals;
  /** Ids that were seen where orders wait, and among the dead. */
  readonly waiting: Set<string>;
  readonly dead: Set<string>;
  /** Clients and ended segments of which a scan has seen keys. */
  readonly clients: Set<string>;
  readonly segments: Set<string>;
  /** Orders that seem to be in a place that their states do not name. */
  readonly suspects: Set<string>;
  /** When each canceled order was canceled, and whether a drain has moved it. */
  readonly canceled: Map<string, { readonly atMs: number; readonly isMoved: boolean }>;
  /** Orders that ended before this have been checked, Unix milliseconds. */
  readonly checkedMs: number;
  /** Orders that ended before this should have been forgotten. */
  readonly overdueMs: number;
  readonly fromSegment: number;
  /** About how many bytes the orders of each client take. */
  readonly bytes: Map<string, number>;
  /** Stock as the pass began, and what the scan has seen of it. */
  readonly stock: StockSeen;
  orders: number;
  /** The largest number and token that any order was seen to bear. */
  number: number;
  token: number;
}

/** Adds to what the orders of a client take. */
export function addBytes({ bytes }: Pass, client: string, more: number): void {
  bytes.set(client, (bytes.get(client) ?? 0) + more);
}

/** Whether there is time for another step. */
export function hasTime({ clock, deadlineMs = Number.POSITIVE_INFINITY }: Pass): boolean {
  return clock.now() < deadlineMs;
}

/** @returns whether all pages were looked at before the time was up */
export async function eachPage<Item>(
  pass: Pass,
  page: (cursor: string) => Promise<UpkeepPage<Item>>,
  look: (items: readonly Item[]) => Promise<void> | void,
): Promise<boolean> {
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    if (!hasTime(pass)) return false;
    const { items, cursor: next } = await page(cursor);
    await look(items);
    cursor = next;
  }
  return true;
}
