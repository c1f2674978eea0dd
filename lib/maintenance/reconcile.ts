import type { Clock } from '../clock.ts';
import { ALONE } from '../store/claim.ts';
import type { Store } from '../store/connection.ts';
import { knownClients } from '../store/list.ts';
import { readable, stateFrom } from '../store/order-record.ts';
import {
  type Counters,
  type IdPage,
  isUnserved,
  lookNow,
  looks,
  queuePage,
  raiseCounters,
  scanPage,
  statesOf,
  withoutRecord,
} from '../store/upkeep.ts';
import { checkSegments } from './ended-segments.ts';
import { findStranded } from './stranded.ts';

/** What can disagree. */
export type FindingKind =
  /** An order in no place: nothing would ever claim it. Repaired. */
  | 'stranded'
  /** An order among the dead that is not dead. Repaired. */
  | 'misplaced'
  /** A client whose orders are ready and whom no drain looks at, or knows at all. Repaired. */
  | 'unserved'
  /** A counter behind what orders bear: it would give the same out twice. Repaired. */
  | 'counter'
  /** An id whose record is gone. The client's repeat brings it back, unless it had ended. */
  | 'lost'
  /** An order whose record cannot be read. */
  | 'broken';

export type Findings = Partial<Record<FindingKind, number>>;

export interface Finding {
  readonly kind: FindingKind;
  /** Of the order; the name of a client or of a counter. */
  readonly id: string;
}

/** What one pass saw and did. */
export interface ReconcileReport {
  /** Orders whose records were seen. */
  readonly orders: number;
  readonly found: Findings;
  /** Of those found, the ones that were repaired. */
  readonly repaired: Findings;
  /** The first findings, at most `LISTED_MAX`. */
  readonly listed: readonly Finding[];
  /** Whether the pass came to its end: it stops when its time is up. */
  readonly isComplete: boolean;
}

export interface ReconcileOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly isRepair: boolean;
  /** Whether all ended segments are checked, and not only those that are open or have just closed. */
  readonly isThorough?: boolean;
  /** Unix milliseconds after which no further page is begun; without it the pass goes to its end. */
  readonly deadlineMs?: number;
}

const LISTED_MAX = 100;

/** A pass under way. */
export interface Pass extends ReconcileOptions {
  /** Every id that was seen where orders wait or are dead. */
  readonly placed: Set<string>;
  /** Clients of whom an order was found that no place of a known client holds. */
  readonly strayClients: Set<string>;
  readonly found: Findings;
  readonly repaired: Findings;
  readonly listed: Finding[];
  orders: number;
  /** The largest number and token that any order was seen to bear. */
  borne: Counters;
}

/**
 * Compares orders with the places that hold their ids, and repairs what it may. Orders flow
 * meanwhile: what looks wrong is looked at again, and a repair is refused if the order has changed.
 *
 * First it notes every id that waits or is dead. Then it reads the states of all other orders: one
 * that has not ended is in no place. What has ended is checked segment by segment, once after a
 * segment has closed.
 *
 * @throws StoreUnavailable, StoreFault; another pass begins anew
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const pass: Pass = {
    ...options,
    ...{
      placed: new Set(),
      strayClients: new Set(),
      found: {},
      repaired: {},
      listed: [],
      orders: 0,
    },
    borne: { number: 0, token: 0 },
  };
  const isComplete =
    (await lookAtWaiting(pass)) &&
    (await findStranded(pass)) &&
    (await checkSegments(pass)) &&
    (await lookAtClients(pass)) &&
    (await lookAtCounters(pass));
  const { orders, found, repaired, listed } = pass;
  return { orders, found, repaired, listed, isComplete };
}

/** Whether nothing is left that somebody has to look into. */
export function isSettled({ found, repaired, isComplete }: ReconcileReport): boolean {
  return isComplete && totalOf(found) === totalOf(repaired);
}

export function totalOf(findings: Findings): number {
  return Object.values(findings).reduce((sum, count) => sum + count, 0);
}

/** Notes a finding. */
export function tell(pass: Pass, kind: FindingKind, id: string): void {
  pass.found[kind] = (pass.found[kind] ?? 0) + 1;
  if (pass.listed.length < LISTED_MAX) pass.listed.push({ kind, id });
}

export function tellRepaired(pass: Pass, kind: FindingKind): void {
  pass.repaired[kind] = (pass.repaired[kind] ?? 0) + 1;
}

/** @returns whether all pages were looked at before the time was up */
export async function eachPage(
  pass: Pass,
  page: (cursor: string) => Promise<IdPage>,
  look: (ids: readonly string[]) => Promise<void>,
): Promise<boolean> {
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { deadlineMs = Number.POSITIVE_INFINITY } = pass;
    if (pass.clock.now() >= deadlineMs) return false;
    const { ids, cursor: next } = await page(cursor);
    await look(ids);
    cursor = next;
  }
  return true;
}

async function lookAtWaiting(pass: Pass): Promise<boolean> {
  const { store } = pass;
  const note = async (ids: readonly string[]) => {
    for (const id of ids) pass.placed.add(id);
    for (const id of await withoutRecord(store, ids)) tell(pass, 'lost', id);
  };
  for (const client of [...(await knownClients(store)), ALONE]) {
    const isDone =
      (await eachPage(pass, (cursor) => queuePage(store, client, cursor), note)) &&
      (await eachPage(
        pass,
        (cursor) => scanPage(store, 'zset', store.keys.pending(client), cursor),
        note,
      )) &&
      (await eachPage(
        pass,
        (cursor) => scanPage(store, 'zset', store.keys.dead(client), cursor),
        async (ids) => {
          await note(ids);
          await lookAtDead(pass, ids);
        },
      ));
    if (!isDone) return false;
  }
  return true;
}

/** One that is not dead is left to the search for stranded orders, which puts it right. */
async function lookAtDead(pass: Pass, ids: readonly string[]): Promise<void> {
  const states = await statesOf(pass.store, ids);
  for (const [at, id] of ids.entries()) {
    const state = readable(() => stateFrom(id, states[at] ?? null));
    if (state?.status !== 'dead') pass.placed.delete(id);
  }
}

async function lookAtClients(pass: Pass): Promise<boolean> {
  const { store, clock, isRepair } = pass;
  const nowMs = clock.now();
  const known = await looks(store, nowMs);
  const names = new Set(known.map(({ name }) => name));
  const unserved = known.filter(({ isReady, isLookedAt }) => isReady && !isLookedAt);
  const unknown = [...pass.strayClients, ALONE].filter((name) => !names.has(name));
  for (const name of [...unserved.map((one) => one.name), ...unknown]) {
    // Orders came and went between the looks at the client and at its places.
    if (!(await isUnserved(store, name, nowMs))) continue;
    tell(pass, 'unserved', name);
    if (!isRepair) continue;
    await lookNow(store, name, nowMs);
    tellRepaired(pass, 'unserved');
  }
  return true;
}

/** A counter that was lost begins at 1 again. */
async function lookAtCounters(pass: Pass): Promise<boolean> {
  const { store, borne, isRepair } = pass;
  const counters = await raiseCounters(store, borne, isRepair);
  for (const name of ['number', 'token'] as const) {
    if (counters[name] >= borne[name]) continue;
    tell(pass, 'counter', name);
    if (isRepair) tellRepaired(pass, 'counter');
  }
  return true;
}
