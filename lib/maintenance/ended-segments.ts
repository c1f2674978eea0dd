import { segmentIn } from '../store/keys.ts';
import { readable, stateFrom } from '../store/order-record.ts';
import { endedSegments } from '../store/retention.ts';
import {
  scanPage,
  segmentProgress,
  setCheckedSegment,
  statesOf,
  withoutRecord,
} from '../store/upkeep.ts';
import { eachPage, type Pass, tell } from './reconcile.ts';

/**
 * Checks that the orders of ended segments are there. A segment that has closed does not change, so it
 * is checked once; the open ones are checked in each pass.
 */
export async function checkSegments(pass: Pass): Promise<boolean> {
  const { store, isThorough = false, isRepair } = pass;
  const { checked, open } = await segmentProgress(store);
  for (const name of await endedSegments(store)) {
    const { client, segment } = segmentIn(name);
    if (!isThorough && segment <= checked) continue;
    const key = store.keys.ended(client, segment);
    const isDone = await eachPage(
      pass,
      (cursor) => scanPage(store, 'zset', key, cursor),
      (ids) => check(pass, ids),
    );
    if (!isDone) return false;
  }
  if (isRepair) await setCheckedSegment(store, open - 1);
  return true;
}

async function check(pass: Pass, ids: readonly string[]): Promise<void> {
  const { store, borne } = pass;
  for (const id of await withoutRecord(store, ids)) tell(pass, 'lost', id);
  const states = await statesOf(store, ids);
  for (const [at, id] of ids.entries()) {
    const state = readable(() => stateFrom(id, states[at] ?? null));
    const token = Number(/^\d+/.exec(state?.settledBy ?? '')?.[0] ?? 0);
    pass.borne = {
      number: Math.max(borne.number, pass.borne.number, state?.orderNumber ?? 0),
      token: Math.max(borne.token, pass.borne.token, token),
    };
  }
}
