import { endedSegments } from '../store/catalogue.ts';
import { raiseCounters } from '../store/raise-counters.ts';
import { RECOUNT_SEGMENTS_MAX, recount } from '../store/recount.ts';
import { CLOCKS_MS, type Pass } from './pass.ts';

/** A counter that was lost begins at 1 again. */
export async function checkCounters(pass: Pass): Promise<boolean> {
  const { store, notes, isRepair, number, token } = pass;
  const borne = { number, token };
  const counters = await raiseCounters(store, borne, isRepair);
  for (const name of ['number', 'token'] as const) {
    if (counters[name] < borne[name]) notes.tellRepair('counter', name, isRepair);
  }
  return true;
}

/**
 * Each ended order is once in an ended segment, so the totals must be as many. Each segment costs a
 * command, so with very many of them nothing is compared.
 */
export async function checkTotals(pass: Pass): Promise<boolean> {
  const { store, notes, isRepair, startMs } = pass;
  const { stranded, misplaced, uncatalogued } = notes.found;
  // They tell the same again, unless they have just been repaired.
  if (!isRepair && (stranded || misplaced || uncatalogued)) return true;
  const segments = await endedSegments(store);
  if (segments.length > RECOUNT_SEGMENTS_MAX) return true;
  const canceled = [...pass.canceled.values()];
  const leaving = canceled.filter(({ isMoved }) => !isMoved).length;
  const late = canceled.filter(({ atMs }) => atMs > startMs - CLOCKS_MS).length;
  const counted = { segments, canceled: canceled.length, leaving, uncertain: late + leaving };
  if (!(await recount(store, { ...counted, isRepair }))) {
    notes.tellRepair('totals', 'produced and canceled', isRepair);
  }
  return true;
}
