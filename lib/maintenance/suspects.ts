import { aloneOf } from '../store/claim.ts';
import { erasedFrom } from '../store/erased-record.ts';
import { segmentIn } from '../store/keys.ts';
import { type OrderState, orderFrom, readable, stateFrom } from '../store/order-record.ts';
import { readRecords } from '../store/read.ts';
import { refile } from '../store/refile.ts';
import { restore } from '../store/restore.ts';
import { membersOf } from '../store/upkeep.ts';
import { queuePage, UPKEEP_PAGE } from '../store/upkeep-pages.ts';
import { eachPage, type Pass } from './pass.ts';

interface Suspect {
  readonly id: string;
  readonly client: string;
  /** The state record as it was read, and what it says. */
  readonly text: string | null;
  readonly state: OrderState | undefined;
}

/**
 * Looks again at orders that seem to be in a place that their states do not name. Most have only
 * moved, or were accepted while the pass went on; each of the others is looked at by a script.
 */
export async function checkSuspects(pass: Pass): Promise<boolean> {
  const ids = [...pass.suspects];
  const byClient = new Map<string, Suspect[]>();
  for (let at = 0; at < ids.length; at += UPKEEP_PAGE) {
    const page = await readSuspects(pass, ids.slice(at, at + UPKEEP_PAGE));
    for (const [client, suspects] of Map.groupBy(page, (suspect) => suspect.client)) {
      const left = await outOfPlace(pass, client, suspects);
      byClient.set(client, [...(byClient.get(client) ?? []), ...left]);
    }
  }
  for (const [client, suspects] of byClient) {
    const queued = await inQueue(pass, client, suspects);
    if (queued === undefined) return false;
    for (const suspect of suspects) {
      const isQueued = queued.has(suspect.id);
      // One that is in the queue and among the dead is looked at all the same.
      if (!isQueued || pass.dead.has(suspect.id)) await judge(pass, suspect, isQueued);
    }
  }
  return true;
}

/** Those that are still there and can be read. */
async function readSuspects(pass: Pass, ids: readonly string[]): Promise<Suspect[]> {
  const stored = await readRecords(pass.store, ids);
  return ids.flatMap((id, at) => {
    const { record, state: text } = stored[at] ?? { record: null, state: null };
    if (record === null) return [];
    const erased = erasedFrom(record);
    const owned = erased ?? readable(() => orderFrom(id, { record, state: text }, pass.startMs));
    const state = readable(() => stateFrom(id, text));
    if (owned === undefined || (text !== null && state === undefined)) {
      pass.notes.tell('broken', id);
      return [];
    }
    pass.clients.add(owned.client);
    return [{ id, client: owned.client, text, state }];
  });
}

/** Those that are not where their states say; whether they are in the queue is not known yet. */
async function outOfPlace(
  { store }: Pass,
  client: string,
  suspects: readonly Suspect[],
): Promise<Suspect[]> {
  const { keys } = store;
  const sets = [keys.pending(client), keys.pending(aloneOf(client)), keys.dead(client)];
  const [pending, alone, dead] = await membersOf(
    store,
    sets,
    suspects.map(({ id }) => id),
  );
  return suspects.filter(({ id, state }) => {
    const isPending = pending?.has(id) || alone?.has(id);
    const isDead = dead?.has(id);
    if (state?.status === 'dead') return !isDead && !isPending;
    return isDead || !isPending || state?.segment !== undefined;
  });
}

/** Those that are in a client's queue. Goes through it as far as it takes to find all of them. */
async function inQueue(
  pass: Pass,
  client: string,
  suspects: readonly Suspect[],
): Promise<Set<string> | undefined> {
  const waiting = suspects.filter(({ state }) => state?.segment === undefined);
  const wanted = new Set(waiting.map(({ id }) => id));
  const isDone = await eachPage(
    pass,
    async (cursor) => {
      if (wanted.size === 0) return { items: [] };
      return queuePage(pass.store, client, cursor);
    },
    (page) => {
      for (const id of page) wanted.delete(id);
    },
  );
  if (!isDone) return undefined;
  return new Set(waiting.map(({ id }) => id).filter((id) => !wanted.has(id)));
}

async function judge(
  pass: Pass,
  { id, client, text, state }: Suspect,
  isQueued: boolean,
): Promise<void> {
  const { store, notes, isRepair, clock } = pass;
  const request = { id, client, expected: text, state, isRepair };
  const ended = text === null ? await endOf(pass, id, client) : undefined;
  let hasEnded = state?.segment !== undefined;
  if (hasEnded) {
    // One that was erased goes to its segment by way of a drain, which has it erased downstream.
    const isErased = state?.isErased === true;
    const filed = await refile(store, { ...request, isRepair: isRepair && !isErased });
    if (filed !== 'placed' && isErased) hasEnded = false;
    else if (filed !== 'placed') notes.tellRepair(filed, id, isRepair);
  }
  const nowMs = clock.now();
  const stays = hasEnded || isQueued;
  const found = await restore(store, { ...request, stays, nowMs, ...(ended && { ended }) });
  if (found === 'stranded' && ended !== undefined) notes.tell('lost', id);
  else if (found !== 'placed') notes.tellRepair(found, id, isRepair);
}

const LOST_STATE =
  'The record of how this order ended was lost. It was among those that have ended.';

/** The state of an order that has lost it, if an ended segment holds its id: as much as that tells. */
async function endOf(
  { store, segments }: Pass,
  id: string,
  client: string,
): Promise<OrderState | undefined> {
  const { client: redis, keys } = store;
  for (const { client: owner, segment } of [...segments].map(segmentIn)) {
    if (owner !== client) continue;
    const key = keys.ended(client, segment);
    const score = await redis.repeatedly((sdk) => sdk.zscore(key, id));
    if (score === null) continue;
    const atMs = Number(score);
    return {
      ...{ status: 'produced', attempts: 1, updatedAtMs: atMs, producedAtMs: atMs, segment },
      lastError: { reason: LOST_STATE, atMs },
    };
  }
  return undefined;
}
