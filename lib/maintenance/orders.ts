import { idPrefixOf } from '../orders/identity.ts';
import { segmentIn, segmentName } from '../store/keys.ts';
import { type OrderState, readable, stateFrom } from '../store/order-record.ts';
import { missingFrom, statesOf, withoutRecord } from '../store/upkeep.ts';
import { type Scanned, scanPage } from '../store/upkeep-pages.ts';
import { orderWeight } from '../store/weight.ts';
import { addBytes, eachPage, type Pass } from './pass.ts';
import { noteSold } from './stock.ts';

/** Orders whose states are read at once: those of about two steps of the scan. */
const READ_IDS = 2_000;
/** Ids of one question to a segment. */
const ASKED_IDS = 1_000;

/**
 * Reads the states of all orders, by a scan of the database, and gathers as suspects those that are
 * not known to be where their states say.
 */
export async function checkOrders(pass: Pass): Promise<boolean> {
  const { store } = pass;
  const ended = new EndedOrders(pass);
  const clientOf = clientsOf(pass);
  let unread: string[] = [];
  const readStates = async () => {
    const ids = unread;
    unread = [];
    pass.orders += ids.length;
    const states = await statesOf(store, ids);
    for (const [at, id] of ids.entries()) {
      const state = readable(() => stateFrom(id, states[at] ?? null));
      note(pass, id, state);
      weighState(pass, clientOf(id), state, states[at]?.length ?? 0);
      if (!isWhereItWaits(pass, id, state)) pass.suspects.add(id);
      else if (state?.segment !== undefined) ended.add(id, state.segment, state.updatedAtMs);
    }
    await ended.ask(ASKED_IDS);
  };
  const isDone = await eachPage(
    pass,
    (cursor) => scanPage(store, cursor),
    async ([scanned]) => {
      const { ids, stateIds, clients, segments, skus, allowances } = scanned as Scanned;
      for (const client of clients) pass.clients.add(client);
      for (const segment of segments) pass.segments.add(segment);
      for (const sku of skus) pass.stock.skus.add(sku);
      for (const digest of allowances) pass.stock.allowances.add(digest);
      unread.push(...ids);
      if (unread.length >= READ_IDS) await readStates();
      if (pass.isThorough) await tellLost(pass, await statesAlone(pass, stateIds));
    },
  );
  if (!isDone) return false;
  await readStates();
  await ended.ask(1);
  return true;
}

/** What an ended order takes. Of one that waits or is dead, the record was weighed before. */
function weighState(
  pass: Pass,
  client: string | undefined,
  state: OrderState | undefined,
  stateBytes: number,
): void {
  if (client === undefined || state === undefined) return;
  const { segment, bytes = 0 } = state;
  const waits = segment === undefined ? orderWeight(0) : 0;
  addBytes(pass, client, orderWeight(bytes, stateBytes) - waits);
}

/** For an order that has ended: whether it is not among the dead; the rest is asked of its segment. */
function isWhereItWaits(pass: Pass, id: string, state: OrderState | undefined): boolean {
  const [isWaiting, isDead] = [pass.waiting.has(id), pass.dead.has(id)];
  if (state?.status === 'dead') return isDead || isWaiting;
  return !isDead && (isWaiting || state?.segment !== undefined);
}

/** States without a record: only a failover that tears writes apart leaves them in no place. */
async function statesAlone({ store }: Pass, ids: readonly string[]): Promise<string[]> {
  const bare = await withoutRecord(store, ids);
  // Another pass may have forgotten some of them, state and all, since they were listed.
  const states = await statesOf(store, bare);
  return bare.filter((_, at) => typeof states[at] === 'string');
}

/** Tells orders without a record. A scan of records does not see what their states bear. */
export async function tellLost(pass: Pass, ids: readonly string[]): Promise<void> {
  const states = await statesOf(pass.store, ids);
  for (const [at, id] of ids.entries()) {
    pass.notes.tell('lost', id);
    note(
      pass,
      id,
      readable(() => stateFrom(id, states[at] ?? null)),
    );
  }
}

/** Notes what an order bears, as its state tells. */
function note(pass: Pass, id: string, state: OrderState | undefined): void {
  if (state === undefined) return;
  const { status, segment, updatedAtMs: atMs, settledBy = '', orderNumber = 0 } = state;
  noteSold(pass.stock, id, state);
  if (status === 'canceled') pass.canceled.set(id, { atMs, isMoved: segment !== undefined });
  const [token] = /^\d+/.exec(settledBy) ?? [];
  pass.token = Math.max(pass.token, Number(token ?? 0));
  if (state.hasOwnNumber !== true) pass.number = Math.max(pass.number, orderNumber);
}

/** Whose an order seems to be, by its id; of two clients with one prefix, the first. */
export function clientsOf(pass: Pass): (id: string) => string | undefined {
  const clients = clientsByPrefix(pass);
  return (id) => clients.get(id.slice(0, PREFIX_LENGTH))?.[0];
}

function clientsByPrefix({ clients }: Pass): Map<string, string[]> {
  return Map.groupBy(clients, idPrefixOf);
}

/** Asks segments for the orders that say that they are there, many at once. */
class EndedOrders {
  readonly #pass: Pass;
  readonly #bySegment = new Map<string, string[]>();
  readonly #clients: ReadonlyMap<string, readonly string[]>;

  constructor(pass: Pass) {
    this.#pass = pass;
    this.#clients = clientsByPrefix(pass);
  }

  /** An order of a client that is not known, or that may be one of two, is looked at by itself. */
  add(id: string, segment: number, endedAtMs: number): void {
    const { checkedMs, overdueMs, suspects } = this.#pass;
    if (endedAtMs < checkedMs && endedAtMs >= overdueMs) return;
    const [client, ...others] = this.#clients.get(id.slice(0, PREFIX_LENGTH)) ?? [];
    if (client === undefined || others.length > 0) {
      suspects.add(id);
      return;
    }
    const name = segmentName(client, segment);
    const ids = this.#bySegment.get(name);
    if (ids === undefined) this.#bySegment.set(name, [id]);
    else ids.push(id);
  }

  /** Asks about segments of which at least so many orders have come together. */
  async ask(idsMin: number): Promise<void> {
    const { store, suspects } = this.#pass;
    const due = [...this.#bySegment].filter(([, ids]) => ids.length >= idsMin);
    const sets = due.map(([name, ids]) => {
      this.#bySegment.delete(name);
      const { client, segment } = segmentIn(name);
      return { key: store.keys.ended(client, segment), ids };
    });
    for (const id of await missingFrom(store, sets)) suspects.add(id);
  }
}

const PREFIX_LENGTH = idPrefixOf('').length;
