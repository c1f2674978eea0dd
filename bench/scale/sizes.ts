import type { Store } from '../../lib/store/connection.ts';
import { segmentIn } from '../../lib/store/keys.ts';
import { scanPage } from '../../lib/store/upkeep-pages.ts';

export interface KeySize {
  readonly key: string;
  readonly bytes: number;
}

/** Every key that is not one order's, the largest first. */
export async function largestKeys(
  store: Store,
  bytesOf: (key: string) => Promise<number>,
): Promise<KeySize[]> {
  const { keys } = store;
  const all = new Set([keys.clients, keys.segments, keys.owners, keys.totals, keys.events]);
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await scanPage(store, cursor);
    for (const { clients, segments } of page.items) {
      for (const name of clients) {
        for (const key of [keys.queue(name), keys.pending(name), keys.dead(name)]) all.add(key);
      }
      for (const name of segments) {
        const { client, segment } = segmentIn(name);
        all.add(keys.ended(client, segment));
      }
    }
    cursor = page.cursor;
  }
  const sizes: KeySize[] = [];
  for (const key of all) sizes.push({ key, bytes: await bytesOf(key) });
  return sizes.sort((one, other) => other.bytes - one.bytes);
}
