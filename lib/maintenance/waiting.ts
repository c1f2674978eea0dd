import { weigh } from '../store/bytes.ts';
import { endedSegments } from '../store/catalogue.ts';
import { aloneOf, clientIn } from '../store/claim.ts';
import { segmentIn } from '../store/keys.ts';
import { knownClients } from '../store/list.ts';
import { sizesOf } from '../store/upkeep.ts';
import { queuePage, setPage } from '../store/upkeep-pages.ts';
import { orderWeight } from '../store/weight.ts';
import { tellLost } from './orders.ts';
import { addBytes, eachPage, type Pass } from './pass.ts';

/** Notes every id that waits or is dead, and tells those that have no record. */
export async function checkWaiting(pass: Pass): Promise<boolean> {
  const { store, waiting, dead } = pass;
  const { keys } = store;
  const noteIn = (ids: Set<string>, client: string) => async (page: readonly string[]) => {
    const bytes = await weigh(store, page);
    for (const [at, id] of page.entries()) {
      ids.add(id);
      addBytes(pass, clientIn(client), orderWeight(Math.max(0, bytes[at] ?? 0)));
    }
    await tellLost(
      pass,
      page.filter((_, at) => (bytes[at] ?? 0) < 0),
    );
  };
  const known = await knownClients(store);
  for (const client of known) pass.clients.add(client);
  for (const name of await endedSegments(store)) pass.clients.add(segmentIn(name).client);
  const sizes = await sizesOf(
    store,
    known.flatMap((client) => [client, aloneOf(client)]),
  );
  for (const { name, ...size } of sizes) {
    const pages = [
      size.queued > 0 &&
        (() => eachPage(pass, (cursor) => queuePage(store, name, cursor), noteIn(waiting, name))),
      size.pending > 0 &&
        (() =>
          eachPage(
            pass,
            (cursor) => setPage(store, keys.pending(name), cursor),
            noteIn(waiting, name),
          )),
      size.dead > 0 &&
        (() =>
          eachPage(pass, (cursor) => setPage(store, keys.dead(name), cursor), noteIn(dead, name))),
    ];
    for (const look of pages) if (look !== false && !(await look())) return false;
  }
  return true;
}
