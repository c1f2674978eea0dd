import { aloneOf } from '../store/claim.ts';
import { segmentIn } from '../store/keys.ts';
import { serve } from '../store/serve.ts';
import { doubtfulClients } from '../store/upkeep.ts';
import { hasTime, type Pass } from './pass.ts';

/** Makes sure that drains look at each client in time, and drops clients of whom nothing is kept. */
export async function checkClients(pass: Pass): Promise<boolean> {
  const { store, clock, notes, isRepair, clients, segments } = pass;
  const names = [...clients].flatMap((client) => [client, aloneOf(client)]);
  const keeping = new Set([...segments].map((name) => segmentIn(name).client));
  const nowMs = clock.now();
  for (const name of await doubtfulClients(store, { names, keeping, nowMs })) {
    if (!hasTime(pass)) return false;
    const found = await serve(store, name, { nowMs: clock.now(), isRepair });
    if (found === 'unserved') notes.tellRepair('unserved', name, isRepair);
  }
  return true;
}
