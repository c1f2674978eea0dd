import { correctBytes, countedBytes } from '../store/bytes.ts';
import { totalsNow } from '../store/recount.ts';
import { type Checked, checkedUntil, setChecked } from '../store/upkeep.ts';
import { keepReport } from '../store/upkeep-report.ts';
import { checkClients } from './clients.ts';
import { checkCounters, checkTotals } from './counters.ts';
import { checkCatalogue, checkEnded } from './ended.ts';
import { type Finding, type Findings, Notes, totalOf } from './findings.ts';
import { checkLeases } from './leases.ts';
import { checkOrders } from './orders.ts';
import { CLOCKS_MS, type Pass, type ReconcileOptions } from './pass.ts';
import { checkStock, stockAtStart } from './stock.ts';
import { checkSuspects } from './suspects.ts';
import { checkWaiting } from './waiting.ts';

/** What one pass saw and did. */
export interface ReconcileReport {
  /** About how many orders were seen. */
  readonly orders: number;
  readonly found: Findings;
  /** Of those found, the ones that were repaired. */
  readonly repaired: Findings;
  /** The first findings, 100 at most. */
  readonly listed: readonly Finding[];
  /** Whether the pass came to its end: it stops when its time is up. */
  readonly isComplete: boolean;
}

/** Retention may miss a day. */
const LATE_MS = 2 * 86_400_000;

/**
 * Compares orders with the places that hold their ids, and repairs what it may. Orders flow
 * meanwhile, so a pass only gathers suspects from what it reads at different times. Whether one is a
 * finding is decided by a script that sees all places of the order at once, which also repairs it.
 *
 * First it notes every id that waits or is dead. Then it reads the states of all orders: each must be
 * where its state says. Ended orders are compared with their segments once, in the first pass after
 * they have ended, as they do not change any more.
 *
 * @throws StoreUnavailable, StoreFault; another pass begins anew
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { store, clock, isRepair, isThorough = false, retentionMs } = options;
  const startMs = clock.now();
  const { checked, openSegment } = await checkedUntil(store);
  const counted = isRepair ? await countedBytes(store) : new Map<string, number>();
  const totals = await totalsNow(store);
  const since: Checked = isThorough ? { segment: 0, atMs: 0 } : checked;
  const pass: Pass = {
    ...options,
    ...{
      notes: new Notes(),
      startMs,
      totals,
      waiting: new Set(),
      dead: new Set(),
      clients: new Set(),
      bytes: new Map(),
    },
    ...{ segments: new Set(), suspects: new Set(), canceled: new Map() },
    stock: await stockAtStart(store),
    checkedMs: since.atMs,
    fromSegment: since.segment,
    overdueMs:
      retentionMs === undefined ? Number.NEGATIVE_INFINITY : startMs - retentionMs - LATE_MS,
    ...{ orders: 0, number: 0, token: 0 },
  };
  const isComplete =
    (await checkWaiting(pass)) &&
    (await checkOrders(pass)) &&
    (await checkCatalogue(pass)) &&
    (await checkSuspects(pass)) &&
    (await checkEnded(pass)) &&
    (await checkLeases(pass)) &&
    (await checkClients(pass)) &&
    (await checkCounters(pass)) &&
    (await checkTotals(pass)) &&
    (await checkStock(pass));
  if (isComplete && isRepair) {
    // The segment before the open one may still get what is leased now.
    const segment = Math.max(0, openSegment - 1);
    await correctBytes(store, pass.bytes, counted);
    await setChecked(store, { segment, atMs: Math.max(0, startMs - CLOCKS_MS) });
  }
  const { found, repaired, listed } = pass.notes;
  const report = { orders: pass.orders, found, repaired, listed, isComplete };
  if (isRepair) {
    const accountedFor = Math.max(0, report.orders - missingIn(found) + missingIn(repaired));
    await keepReport(store, { ...report, accountedFor, startMs, endMs: clock.now() });
  }
  return report;
}

/** Findings of orders that are not where their state says. */
function missingIn(findings: Findings): number {
  const { stranded = 0, misplaced = 0, lost = 0, broken = 0 } = findings;
  return stranded + misplaced + lost + broken;
}

/** Whether nothing is left that somebody has to look into. */
export function isSettled({ found, repaired, isComplete }: ReconcileReport): boolean {
  return isComplete && totalOf(found) === totalOf(repaired);
}
