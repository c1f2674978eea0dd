import { endedSegments } from '../store/catalogue.ts';
import { raiseCounters } from '../store/raise-counters.ts';
import { RECOUNT_SEGMENTS_MAX, recount } from '../store/recount.ts';
import { CLOCKS_MS, type Pass } from './pass.ts';

/** How often totals are compared that change meanwhile, as orders go on ending. */
const RECOUNTS_MAX = 5;

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
  const { store, notes, isRepair, startMs, totals } = pass;
  const { stranded, misplaced, uncatalogued } = notes.found;
  // They tell the same again, unless they have just been repaired.
  if (!isRepair && (stranded || misplaced || uncatalogued)) return true;
  const canceled = [...pass.canceled.values()];
  const leaving = canceled.filter(({ isMoved }) => !isMoved).length;
  const late = canceled.filter(({ atMs }) => atMs > startMs - CLOCKS_MS).length;
  const counts = { canceled: canceled.length, leaving, isRepair };
  for (let seen = totals, recounts = 0; recounts < RECOUNTS_MAX; recounts += 1) {
    const segments = await endedSegments(store);
    if (segments.length > RECOUNT_SEGMENTS_MAX) return true;
    const changes = [1, 2].map((nth) => Math.abs(Number(seen[nth]) - Number(totals[nth])));
    const uncertain = changes.reduce((sum, change) => sum + change, late + leaving);
    const found = await recount(store, { ...counts, totals: seen, segments, uncertain });
    if (found.kind === 'wrong') notes.tellRepair('totals', 'produced and canceled', isRepair);
    if (found.kind !== 'changed') return true;
    seen = found.totals;
  }
  return true;
}
