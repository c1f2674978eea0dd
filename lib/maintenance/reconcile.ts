import type { Clock } from '../clock.ts';
import {
  type FindingKind,
  type Inspection,
  MAINTAIN_ORDERS_MAX,
  type MaintenanceStore,
  type Observation,
  type Place,
  REPAIRABLE,
} from '../queue/maintenance-store.ts';

/** What was found, by kind; a counter that is behind is a finding too. */
export type Findings = Partial<Record<FindingKind | 'counter', number>>;

/** What one pass saw and did. */
export interface ReconcileReport {
  /** Orders that the index has. */
  readonly orders: number;
  readonly found: Findings;
  /** Of those found, the ones that were repaired. */
  readonly repaired: Findings;
  /** Orders of a version that this one does not know: left alone. */
  readonly unknown: number;
  /** The first of the findings, `LISTED_MAX` at most. */
  readonly listed: readonly ListedFinding[];
  /** Whether the pass came to its end: it stops where its time is up. */
  readonly isComplete: boolean;
}

export interface ListedFinding {
  readonly kind: FindingKind | 'counter';
  /** Of the order; the name of a counter. */
  readonly id: string;
  /** Unix milliseconds, where it is known of an order that is gone. */
  readonly acceptedAtMs?: number;
}

export interface ReconcileOptions {
  readonly store: MaintenanceStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly isRepair: boolean;
  /**
   * Whether every order is read, at a command each. Otherwise only the hash of one that is where
   * orders end, and nowhere else, is looked for: no loss of an entry leaves a live order like that.
   * A failover that tears the writes of one script apart would.
   */
  readonly isThorough?: boolean;
  /** Unix milliseconds after which no further page is begun; without it the pass ends at its end. */
  readonly deadlineMs?: number;
}

const LISTED_MAX = 100;
/** The longest lease that can be configured: a drain that is still at work has ended by then. */
const LEASE_MS_MAX = 900_000;
/** Where an id may be that the index has lost. The queue comes last, see below. */
const PLACES = ['pending', 'owners', 'dead', 'finished', 'canceled', 'orders'] as const;

interface Pass extends ReconcileOptions {
  readonly tally: { -readonly [name in keyof ReconcileReport]: ReconcileReport[name] } & {
    readonly listed: ListedFinding[];
  };
  /** What was told: without a repair, a thing can be met in two places. */
  readonly told: Set<string>;
  /** Orders that must be in the queue: id and mark. */
  readonly waiting: Map<string, string>;
}

/**
 * Compares every kept order with the places that hold ids, both ways, and repairs what can be where
 * it may. Orders flow meanwhile: each page is judged by one atomic step, and repaired by another
 * one that judges anew.
 *
 * Only the queue cannot be asked for an id. So orders that wait and must be there are noted first,
 * then the queue is read from end to end, and those that it did not have are looked at again: one
 * that has not changed since is stranded. It is made due instead of queued, which does nothing if
 * it is done twice, and an id that waited in the queue all the same is taken once.
 *
 * @throws StoreUnavailable, StoreFault; another pass begins anew
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const tally = { orders: 0, found: {}, repaired: {}, unknown: 0, listed: [], isComplete: false };
  const pass: Pass = { ...options, tally, told: new Set(), waiting: new Map() };
  pass.tally.isComplete =
    (await lookThroughIndex(pass)) &&
    (await lookThroughPlaces(pass)) &&
    (await lookThroughQueue(pass)) &&
    (await lookAgain(pass)) &&
    (await lookAtCounters(pass));
  return pass.tally;
}

/** Whether nothing is left that somebody has to see to. */
export function isSettled({ found, repaired, isComplete }: ReconcileReport): boolean {
  return isComplete && totalOf(found) === totalOf(repaired);
}

export function totalOf(findings: Findings): number {
  return Object.values(findings).reduce((sum, count) => sum + count, 0);
}

async function lookThroughIndex(pass: Pass): Promise<boolean> {
  return await eachPage(pass, 'index', async (ids) => {
    pass.tally.orders += ids.length;
    await judge(
      pass,
      ids.map((id) => ({ id })),
    );
  });
}

async function lookThroughPlaces(pass: Pass): Promise<boolean> {
  for (const place of PLACES) {
    const isDone = await eachPage(pass, place, async (ids) => {
      const suspects = await pass.store.suspects(ids, place);
      await judge(
        pass,
        suspects.map((id) => ({ id })),
      );
    });
    if (!isDone) return false;
  }
  return true;
}

async function lookThroughQueue(pass: Pass): Promise<boolean> {
  return await eachPage(pass, 'queue', async (ids) => {
    for (const id of ids) pass.waiting.delete(id);
    const suspects = await pass.store.suspects(ids, 'queue');
    await judge(
      pass,
      suspects.map((id) => ({ id, sought: 'queued' })),
    );
  });
}

async function lookAgain(pass: Pass): Promise<boolean> {
  const inspections = [...pass.waiting].map(([id, mark]) => ({ id, sought: mark }));
  for (const chunk of chunked(inspections)) {
    if (isTimeUp(pass)) return false;
    await judge(pass, chunk);
  }
  return true;
}

/**
 * A counter that was lost begins at 1 again. Some orders show it, at a bounded cost; then all of
 * them are asked, as it must go past the largest.
 */
async function lookAtCounters(pass: Pass): Promise<boolean> {
  const { store, isRepair, tally } = pass;
  if (isTimeUp(pass)) return false;
  const behind = await store.counters(await store.bearers(), { isRepair: false });
  if (behind.length === 0) return true;
  tally.found.counter = behind.length;
  for (const { counter } of behind) list(pass, { kind: 'counter', id: counter });
  if (!isRepair) return true;
  const isDone = await eachPage(pass, 'finished', async (ids) => {
    await store.counters(ids, { isRepair });
  });
  if (isDone) tally.repaired.counter = behind.length;
  return isDone;
}

/** @returns whether all pages were looked at before the time was up */
async function eachPage(
  pass: Pass,
  place: Place,
  look: (ids: string[]) => Promise<void>,
): Promise<boolean> {
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    if (isTimeUp(pass)) return false;
    const page = await pass.store.page(place, cursor);
    for (const ids of chunked(page.ids)) await look(ids);
    cursor = page.cursor;
  }
  return true;
}

function isTimeUp({ clock, deadlineMs }: Pass): boolean {
  return deadlineMs !== undefined && clock.now() >= deadlineMs;
}

/** A scan's page may be larger than was asked for. */
function chunked<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / MAINTAIN_ORDERS_MAX) }, (_, at) =>
    items.slice(at * MAINTAIN_ORDERS_MAX, (at + 1) * MAINTAIN_ORDERS_MAX),
  );
}

async function judge(pass: Pass, inspections: readonly Inspection[]): Promise<void> {
  if (inspections.length === 0) return;
  const { store, clock, isRepair, isThorough = false, tally, told, waiting } = pass;
  const nowMs = clock.now();
  const step = { nowMs, leaseEndMs: nowMs + LEASE_MS_MAX, isThorough };
  const toRepair = new Map<string, FindingKind[]>();
  for (const seen of await store.inspect(inspections, { ...step, isRepair: false })) {
    const { id, kind } = seen;
    if (kind === 'waits') {
      waiting.set(id, seen.mark);
      continue;
    }
    if (told.has(`${kind} ${id}`)) continue;
    told.add(`${kind} ${id}`);
    if (kind === 'unknown') {
      tally.unknown += 1;
      continue;
    }
    count(tally.found, kind);
    list(pass, seen);
    if (isRepairable(kind)) toRepair.set(id, [...(toRepair.get(id) ?? []), kind]);
  }
  if (!isRepair || toRepair.size === 0) return;
  // Told first and repaired then: a repair whose reply is lost is sent again, and tells nothing.
  await store.inspect(
    inspections.filter(({ id }) => toRepair.has(id)),
    { ...step, isRepair },
  );
  for (const kind of [...toRepair.values()].flat()) count(tally.repaired, kind);
}

function isRepairable(kind: FindingKind): boolean {
  return (REPAIRABLE as readonly FindingKind[]).includes(kind);
}

function count(findings: Findings, kind: FindingKind): void {
  findings[kind] = (findings[kind] ?? 0) + 1;
}

function list({ tally }: Pass, { kind, id, acceptedAtMs }: ListedFinding | FoundObservation) {
  if (tally.listed.length >= LISTED_MAX) return;
  tally.listed.push({ kind, id, ...(acceptedAtMs !== undefined && { acceptedAtMs }) });
}

type FoundObservation = Extract<Observation, { kind: FindingKind }>;
