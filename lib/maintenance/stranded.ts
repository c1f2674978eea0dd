import { orderFrom, readable, stateFrom } from '../store/order-record.ts';
import { readRecords } from '../store/read.ts';
import {
  queuePage,
  recordsPage,
  restore,
  statesOf,
  UPKEEP_PAGE,
  whereIs,
} from '../store/upkeep.ts';
import { eachPage, type FindingKind, type Pass, tell, tellRepaired } from './reconcile.ts';

/**
 * Finds orders in no place, by a scan of all records: every order that is not placed must have ended.
 * One that has not may have moved while the scan went on, so it is looked at once more.
 */
export async function findStranded(pass: Pass): Promise<boolean> {
  const suspects: string[] = [];
  const isDone = await eachPage(
    pass,
    (cursor) => recordsPage(pass.store, cursor),
    async (ids) => {
      pass.orders += ids.length;
      const others = ids.filter((id) => !pass.placed.has(id));
      const states = await statesOf(pass.store, others);
      for (const [at, id] of others.entries()) {
        const state = readable(() => stateFrom(id, states[at] ?? null));
        // An order that has ended has its segment in its state.
        if (state?.segment === undefined) suspects.push(id);
      }
    },
  );
  if (!isDone) return false;
  const seen = new Set<string>();
  for (let at = 0; at < suspects.length; at += UPKEEP_PAGE) {
    await lookAgain(pass, suspects.slice(at, at + UPKEEP_PAGE), seen);
  }
  return true;
}

interface Suspect {
  readonly id: string;
  readonly client: string;
  readonly state: string | null;
}

async function lookAgain(pass: Pass, ids: readonly string[], seen: Set<string>): Promise<void> {
  const { store, clock } = pass;
  const waiting: Suspect[] = [];
  for (const [at, { record, state }] of (await readRecords(store, ids)).entries()) {
    const id = ids[at] ?? '';
    // A scan may return a record twice, and an order may have been forgotten meanwhile.
    if (seen.has(id) || record === null) continue;
    seen.add(id);
    const order = readable(() => orderFrom(id, { record, state }, clock.now()));
    if (order === undefined) tell(pass, 'broken', id);
    else if (readable(() => stateFrom(id, state))?.segment === undefined) {
      waiting.push({ id, client: order.client, state });
    }
  }
  for (const client of new Set(waiting.map((suspect) => suspect.client))) {
    pass.strayClients.add(client);
    const own = waiting.filter((suspect) => suspect.client === client);
    const queued = await queuedAmong(pass, client, own);
    for (const suspect of own) {
      if (!queued.has(suspect.id)) await judge(pass, suspect);
    }
  }
}

/** Those that are in the queue after all: they were given back while the pass went on. */
async function queuedAmong(pass: Pass, client: string, suspects: readonly Suspect[]) {
  const wanted = new Set(suspects.map(({ id }) => id));
  const queued = new Set<string>();
  const { deadlineMs: _, ...untimed } = pass;
  await eachPage(
    untimed,
    (cursor) => queuePage(pass.store, client, cursor),
    async (ids) => {
      for (const id of ids) if (wanted.has(id)) queued.add(id);
    },
  );
  return queued;
}

async function judge(pass: Pass, { id, client, state }: Suspect): Promise<void> {
  const { store, clock, isRepair } = pass;
  const { isLeased, isPending, isDead } = await whereIs(store, id, client);
  const status = readable(() => stateFrom(id, state))?.status;
  if (isLeased && isPending) return;
  if (isDead ? status === 'dead' : isPending) return;
  const [now] = await statesOf(store, [id]);
  if ((now ?? null) !== state) return;
  const kind: FindingKind = isDead ? 'misplaced' : 'stranded';
  tell(pass, kind, id);
  if (!isRepair) return;
  const request = { id, client, expected: state, dueAtMs: clock.now() };
  if (await restore(store, request)) tellRepaired(pass, kind);
}
