import { catalogue, endedSegments } from '../store/catalogue.ts';
import { segmentIn } from '../store/keys.ts';
import { type OrderState, readable, stateFrom } from '../store/order-record.ts';
import { refile } from '../store/refile.ts';
import { membersOf, statesOf, withoutRecord } from '../store/upkeep.ts';
import { endedPage } from '../store/upkeep-pages.ts';
import { tellLost } from './orders.ts';
import { eachPage, hasTime, type Pass } from './pass.ts';

/** Compares the catalogue of ended segments with those that the scan has seen. */
export async function checkCatalogue(pass: Pass): Promise<boolean> {
  const { store, segments, notes, isRepair } = pass;
  const listed = new Set(await endedSegments(store));
  const differing = [...segments, ...listed].filter(
    (name) => !(segments.has(name) && listed.has(name)),
  );
  for (const name of new Set(differing)) {
    if (!hasTime(pass)) return false;
    const found = await catalogue(store, name, isRepair);
    if (found === 'uncatalogued') notes.tellRepair('uncatalogued', name, isRepair);
    if (found !== 'empty') segments.add(name);
  }
  for (const name of segments) pass.clients.add(segmentIn(name).client);
  return true;
}

/** Compares what has ended since the last pass with the orders' own records. */
export async function checkEnded(pass: Pass): Promise<boolean> {
  const { store, checkedMs, fromSegment } = pass;
  for (const name of [...pass.segments].sort()) {
    if (segmentIn(name).segment < fromSegment) continue;
    const elsewhere: Elsewhere[] = [];
    const isDone = await eachPage(
      pass,
      (cursor) => endedPage(store, name, checkedMs, cursor),
      async (ids) => void elsewhere.push(...(await check(pass, name, ids))),
    );
    if (!isDone) return false;
    // Only now, as it takes ids out of what is paged.
    for (const one of elsewhere) await refileElsewhere(pass, name, one);
  }
  return true;
}

interface Elsewhere {
  readonly id: string;
  readonly text: string;
  readonly state: OrderState;
}

/** @returns orders whose states name another place */
async function check(pass: Pass, name: string, ids: readonly string[]): Promise<Elsewhere[]> {
  const { store } = pass;
  const bare = await withoutRecord(store, ids);
  // Another pass may have forgotten some of them since they were listed.
  const { client, segment } = segmentIn(name);
  const [listed = []] = await membersOf(store, [store.keys.ended(client, segment)], bare);
  await tellLost(pass, [...listed]);
  const states = await statesOf(store, ids);
  return ids.flatMap((id, at) => {
    const text = states[at] ?? null;
    // One without a state has been looked at as a suspect.
    const state = readable(() => stateFrom(id, text));
    if (text === null || state === undefined) return [];
    return state.segment === segment ? [] : [{ id, text, state }];
  });
}

async function refileElsewhere(
  pass: Pass,
  name: string,
  { id, text, state }: Elsewhere,
): Promise<void> {
  const { store, notes, isRepair } = pass;
  const { client } = segmentIn(name);
  const found = await refile(store, { id, client, expected: text, state, seenIn: name, isRepair });
  if (found !== 'placed') notes.tellRepair(found, id, isRepair);
}
