import type { TestStore } from '../support/store.ts';
import type { Entry } from './behind/ledger.ts';
import { type PlannedOrder, plannedOrder } from './order-plan.ts';

/** What a run is held to account for. */
export interface Books {
  readonly seed: number;
  /** A mark for each order, by its place: whether it was acknowledged. */
  readonly acknowledged: Uint8Array;
  /** What the system behind knows, by id. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly attemptsMax: number;
}

export type FaultKind = 'lost' | 'twice' | 'stuck' | 'wrong';

export interface Fault {
  readonly kind: FaultKind;
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

/** What Redis says of an order. */
interface Kept {
  readonly status: string | null;
  readonly attempts: number;
  readonly orderNumber: number | undefined;
  readonly isIndexed: boolean;
}

const ORDERS_PER_READ = 500;

/** Compares what clients were told with what Redis and the system behind hold. */
export async function accountFor(store: TestStore, books: Books): Promise<Account> {
  const faults: Fault[] = [];
  const tally = { produced: 0, dead: 0, unacknowledged: 0, attemptsMost: 0 };
  const idOfNumber = new Map<number, string>();
  const { acknowledged } = books;
  for (let from = 0; from < acknowledged.length; from += ORDERS_PER_READ) {
    const size = Math.min(ORDERS_PER_READ, acknowledged.length - from);
    const planned = Array.from({ length: size }, (_, at) => plannedOrder(books.seed, from + at));
    const kept = await keptOf(store, planned);
    for (const [at, order] of planned.entries()) {
      const is = kept[at] as Kept;
      const entry = books.entries.get(order.id);
      const wasTold = acknowledged[from + at] === 1;
      if (is.status === 'produced') tally.produced += 1;
      if (is.status === 'dead') tally.dead += 1;
      if (is.status !== null && !wasTold) tally.unacknowledged += 1;
      if (order.nature !== 'poison') {
        tally.attemptsMost = Math.max(tally.attemptsMost, is.attempts);
      }
      const found = faultOf(order, is, entry, wasTold, books.attemptsMax);
      if (found) faults.push({ ...found, id: order.id });
      if (is.orderNumber === undefined) continue;
      const other = idOfNumber.get(is.orderNumber);
      if (other) faults.push({ kind: 'twice', id: order.id, what: `has the number of ${other}` });
      idOfNumber.set(is.orderNumber, order.id);
    }
  }
  const effects = [...books.entries.values()].filter((entry) => entry.effects > 0).length;
  return { ...tally, faults: [...faults, ...(await leftOver(store, { ...tally, effects }))] };
}

function faultOf(
  { nature, totalAmount }: PlannedOrder,
  { status, attempts, orderNumber, isIndexed }: Kept,
  entry: Entry | undefined,
  wasTold: boolean,
  attemptsMax: number,
): Omit<Fault, 'id'> | undefined {
  const lost = (what: string) => ({ kind: 'lost' as const, what });
  const twice = (what: string) => ({ kind: 'twice' as const, what });
  const wrong = (what: string) => ({ kind: 'wrong' as const, what });
  if (status === null) {
    if (wasTold) return lost('was acknowledged and is not there');
    if (isIndexed || entry) return lost('was begun and is not there');
    return undefined;
  }
  if (!isIndexed) return lost('is not in the index');
  if (status !== 'produced' && status !== 'dead') return { kind: 'stuck', what: `is ${status}` };
  const shouldDie = nature === 'poison' || nature === 'reject';
  if (shouldDie !== (status === 'dead')) {
    return shouldDie ? wrong(`is ${status}, and is ${nature}`) : lost('is dead');
  }
  const effects = entry?.effects ?? 0;
  if (status === 'produced' && effects === 0) return lost('is produced and took no effect');
  if (orderNumber !== entry?.orderNumber) {
    return twice(`has number ${orderNumber}, and ${entry?.orderNumber} took effect`);
  }
  if (effects > 1) return twice(`took effect ${effects} times`);
  if (effects === 1 && entry?.amount !== totalAmount) {
    return wrong(`took effect for ${entry?.amount}, and is of ${totalAmount}`);
  }
  // A batch that its producer threw for is handed over once more, under the same token.
  const claims = new Set(entry?.tokens).size;
  if (claims > attempts) return twice(`was handed over in ${claims} claims of ${attempts}`);
  if (nature === 'poison' && attempts !== attemptsMax) {
    return wrong(`is poison, and dead after ${attempts} claims of ${attemptsMax}`);
  }
  return undefined;
}

async function keptOf(store: TestStore, planned: readonly PlannedOrder[]): Promise<Kept[]> {
  const reads = store.redis.pipeline();
  for (const { id } of planned) {
    reads.hmget(store.keys.order(id), 'status', 'attempts', 'orderNumber');
    reads.zscore(store.keys.index, id);
  }
  const rows = (await reads.exec()) as unknown[];
  return planned.map((_, at) => {
    const [status = null, attempts, orderNumber] = rows[2 * at] as (string | null)[];
    return {
      status,
      attempts: Number(attempts ?? 0),
      orderNumber: orderNumber == null ? undefined : Number(orderNumber),
      isIndexed: rows[2 * at + 1] !== null,
    };
  });
}

/** What must be empty at the end, and what must hold as many as there are. */
async function leftOver(
  { redis, keys }: TestStore,
  { produced, dead, effects }: { produced: number; dead: number; effects: number },
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const expectCount = (id: string, is: number, mustBe: number, kind: FaultKind) => {
    if (is !== mustBe) faults.push({ kind, id, what: `holds ${is} and not ${mustBe}` });
  };
  expectCount('order_queue', await redis.llen(keys.queue), 0, 'stuck');
  expectCount('order_pending', await redis.zcard(keys.pending), 0, 'stuck');
  expectCount('order_owners', await redis.hlen(keys.owners), 0, 'stuck');
  expectCount('order_finished', await redis.zcard(keys.finished), produced, 'wrong');
  expectCount('order_dead', await redis.zcard(keys.dead), dead, 'wrong');
  expectCount('order_index', await redis.zcard(keys.index), produced + dead, 'wrong');
  expectCount('the system behind', effects, produced, 'wrong');
  return faults;
}

/** All that is known of an order, for whoever has to find out what became of it. */
export async function historyOf(store: TestStore, books: Books, id: string): Promise<string> {
  const { redis, keys } = store;
  const { index, queue, pending, owners, finished, dead } = keys;
  const [hash, indexedAt, queuedAt, dueAt, owner, finishedAt, deadAt] = (await redis
    .pipeline()
    .hgetall(keys.order(id))
    .zscore(index, id)
    .lpos(queue, id)
    .zscore(pending, id)
    .hget(owners, id)
    .zscore(finished, id)
    .zscore(dead, id)
    .exec()) as unknown[];
  const behind = books.entries.get(id);
  const inRedis = { hash, indexedAt, queuedAt, dueAt, owner, finishedAt, deadAt };
  return `  ${id}\n    redis   ${JSON.stringify(inRedis)}\n    behind  ${JSON.stringify(behind)}`;
}
