import { aloneOf } from '../../lib/store/claim.ts';
import { type OrderState, stateFrom } from '../../lib/store/order-record.ts';
import type { TestStore } from '../support/store.ts';
import type { Entry } from './behind/ledger.ts';
import { type PlannedOrder, plannedOrder } from './order-plan.ts';
import { stockBooks } from './stock.ts';
import { ACKNOWLEDGED, REFUSED } from './submitters.ts';

/** What a run is held to account for. */
export interface Books {
  readonly seed: number;
  /** A mark for each order, by its place: what its client was told. */
  readonly acknowledged: Uint8Array;
  /** What the downstream system knows, by id; nothing where the effects are in Redis. */
  readonly entries: ReadonlyMap<string, Entry> | undefined;
  readonly attemptsMax: number;
}

export interface Fault {
  readonly kind: 'lost' | 'twice' | 'stuck' | 'wrong';
  readonly id: string;
  readonly what: string;
}

export interface Account {
  readonly faults: readonly Fault[];
  readonly produced: number;
  readonly dead: number;
  /** Orders that were never acknowledged and are there all the same. */
  readonly unacknowledged: number;
  /** Of an order that is no poison. */
  readonly attemptsMost: number;
}

/** What Redis holds of an order. */
export interface Kept {
  readonly isThere: boolean;
  readonly state: OrderState | undefined;
  /** The places that hold its id. */
  readonly places: readonly string[];
}

const ORDERS_PER_READ = 500;
const CLIENT = 'shop';

/** Compares what clients were told with what Redis and the downstream system hold. */
export async function accountFor(store: TestStore, books: Books): Promise<Account> {
  const faults: Fault[] = [];
  const tally = { produced: 0, dead: 0, unacknowledged: 0, attemptsMost: 0 };
  const idOfNumber = new Map<number, string>();
  const placesOf = await placesIn(store);
  const { acknowledged, seed } = books;
  const stock = stockBooks(acknowledged.length);
  for (let from = 0; from < acknowledged.length; from += ORDERS_PER_READ) {
    const size = Math.min(ORDERS_PER_READ, acknowledged.length - from);
    const planned = Array.from({ length: size }, (_, at) => plannedOrder(seed, from + at));
    const kept = await keptOf(store, planned, placesOf);
    for (const [at, order] of planned.entries()) {
      const is = kept[at] as Kept;
      const { status, attempts = 0, orderNumber } = is.state ?? {};
      const wasTold = acknowledged[from + at] === ACKNOWLEDGED;
      stock.note(order, status);
      if (status === 'produced') tally.produced += 1;
      if (status === 'dead') tally.dead += 1;
      if (is.isThere && !wasTold) tally.unacknowledged += 1;
      if (order.nature !== 'poison') tally.attemptsMost = Math.max(tally.attemptsMost, attempts);
      const found = faultOf(order, is, books, wasTold);
      if (is.isThere && acknowledged[from + at] === REFUSED)
        faults.push({ kind: 'wrong', id: order.id, what: 'was refused and is there' });
      if (found) faults.push({ ...found, id: order.id });
      if (orderNumber === undefined) continue;
      const other = idOfNumber.get(orderNumber);
      if (other) faults.push({ kind: 'twice', id: order.id, what: `has the number of ${other}` });
      idOfNumber.set(orderNumber, order.id);
    }
  }
  return {
    ...tally,
    faults: [...faults, ...(await leftOver(store, books, tally)), ...(await stock.faults(store))],
  };
}

/** What is wrong with one order. */
function faultOf(
  { id, nature, totalAmount }: PlannedOrder,
  { isThere, state, places }: Kept,
  { entries, attemptsMax }: Pick<Books, 'entries' | 'attemptsMax'>,
  wasTold: boolean,
): Omit<Fault, 'id'> | undefined {
  const fault = (kind: Fault['kind'], what: string) => ({ kind, what });
  const entry = entries?.get(id);
  if (!isThere) {
    if (wasTold) return fault('lost', 'was acknowledged and is not there');
    const isBegun = places.length > 0 || state !== undefined || entry !== undefined;
    return isBegun ? fault('lost', 'was begun and is not there') : undefined;
  }
  const { status, attempts = 0, orderNumber } = state ?? {};
  if (status !== 'produced' && status !== 'dead') {
    return fault('stuck', `is ${status ?? 'waiting'} in ${places}`);
  }
  const must = status === 'produced' ? 'ended' : 'dead';
  if (`${places}` !== must) return fault('wrong', `is ${status} and in ${places}`);
  const shouldDie = nature === 'poison' || nature === 'reject';
  if (shouldDie !== (status === 'dead')) {
    return shouldDie ? fault('wrong', `is ${status}, and is ${nature}`) : fault('lost', 'is dead');
  }
  if (nature === 'poison' && attempts !== attemptsMax) {
    return fault('wrong', `is poison, and dead after ${attempts} claims of ${attemptsMax}`);
  }
  if (status === 'produced' && orderNumber === undefined && entries === undefined) {
    return fault('lost', 'is produced without a number');
  }
  if (entries === undefined) return undefined;
  const effects = entry?.effects ?? 0;
  if (status === 'produced' && effects === 0) return fault('lost', 'took no effect');
  if (orderNumber !== entry?.orderNumber) {
    return fault('twice', `has number ${orderNumber}, and ${entry?.orderNumber} took effect`);
  }
  if (effects > 1) return fault('twice', `took effect ${effects} times`);
  if (effects === 1 && entry?.amount !== totalAmount) {
    return fault('wrong', `took effect for ${entry?.amount}, and is of ${totalAmount}`);
  }
  const claims = new Set(entry?.tokens).size;
  if (claims > attempts)
    return fault('twice', `was handed over in ${claims} claims of ${attempts}`);
  return undefined;
}

/** Every place of every order, by id. */
async function placesIn({ redis, keys }: TestStore): Promise<ReadonlyMap<string, string[]>> {
  const found = new Map<string, string[]>();
  const note = (place: string, ids: readonly string[]) => {
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), place]);
  };
  for (const client of [CLIENT, aloneOf(CLIENT)]) {
    note('queue', await redis.lrange<string>(keys.queue(client), 0, -1));
    note('pending', await redis.zrange<string[]>(keys.pending(client), 0, -1));
    note('dead', await redis.zrange<string[]>(keys.dead(client), 0, -1));
  }
  for (const name of await redis.zrange<string[]>(keys.segments, 0, -1)) {
    note(
      'ended',
      await redis.zrange<string[]>(keys.ended(CLIENT, Number(name.split(':')[1])), 0, -1),
    );
  }
  note('owners', await redis.hkeys(keys.owners));
  return found;
}

async function keptOf(
  { redis, keys }: TestStore,
  planned: readonly PlannedOrder[],
  placesOf: ReadonlyMap<string, string[]>,
): Promise<Kept[]> {
  const reads = redis.pipeline();
  for (const { id } of planned) reads.exists(keys.order(id)).get(keys.state(id));
  const rows = await reads.exec<(number | string | null)[]>();
  return planned.map(({ id }, at) => ({
    isThere: rows[2 * at] === 1,
    state: stateFrom(id, rows[2 * at + 1] as string | null),
    places: placesOf.get(id) ?? [],
  }));
}

/** Counters that must agree with what there is. */
async function leftOver(
  { redis, keys }: TestStore,
  { entries }: Books,
  { produced }: { produced: number },
): Promise<Fault[]> {
  const effects = [...(entries?.values() ?? [])].filter((entry) => entry.effects > 0).length;
  const counts: [string, number, number][] = [
    ['order_totals', Number(await redis.hget(keys.totals, 'produced')), produced],
    ['the downstream system', entries === undefined ? produced : effects, produced],
  ];
  return counts
    .filter(([, is, must]) => is !== must)
    .map(([id, is, must]) => ({ kind: 'wrong', id, what: `counts ${is} and not ${must}` }));
}

/** All that is known of an order, for whoever has to find out what became of it. */
export async function historyOf(store: TestStore, books: Books, id: string): Promise<string> {
  const { redis, keys } = store;
  const places = (await placesIn(store)).get(id);
  const [record, state, owner] = await redis
    .pipeline()
    .get(keys.order(id))
    .get(keys.state(id))
    .hget(keys.owners, id)
    .exec();
  const behind = JSON.stringify(books.entries?.get(id));
  return `  ${id}\n    redis   ${JSON.stringify({ places, state, owner, record })}\n    behind  ${behind}`;
}
