import { endedSegments } from '../store/catalogue.ts';
import { ALONE } from '../store/claim.ts';
import { segmentIn } from '../store/keys.ts';
import { knownClients } from '../store/list.ts';
import { sizesOf, withoutRecord } from '../store/upkeep.ts';
import { queuePage, setPage } from '../store/upkeep-pages.ts';
import { tellLost } from './orders.ts';
import { eachPage, type Pass } from './pass.ts';

/** Notes every id that waits or is dead, and tells those that have no record. */
export async function checkWaiting(pass: Pass): Promise<boolean> {
  const { store, waiting, dead } = pass;
  const { keys } = store;
  const noteIn = (ids: Set<string>) => async (page: readonly string[]) => {
    for (const id of page) ids.add(id);
    await tellLost(pass, await withoutRecord(store, page));
  };
  const known = await knownClients(store);
  for (const client of known) pass.clients.add(client);
  for (const name of await endedSegments(store)) pass.clients.add(segmentIn(name).client);
  const sizes = await sizesOf(store, [...known, ALONE]);
  for (const { name, ...size } of sizes) {
    const pages = [
      size.queued > 0 &&
        (() => eachPage(pass, (cursor) => queuePage(store, name, cursor), noteIn(waiting))),
      size.pending > 0 &&
        (() =>
          eachPage(pass, (cursor) => setPage(store, keys.pending(name), cursor), noteIn(waiting))),
      size.dead > 0 &&
        (() => eachPage(pass, (cursor) => setPage(store, keys.dead(name), cursor), noteIn(dead))),
    ];
    for (const look of pages) if (look !== false && !(await look())) return false;
  }
  return true;
}
