import type { Store } from './connection.ts';
import { knownClients } from './list.ts';
import { orderFrom, readable, stateFrom } from './order-record.ts';
import { readRecords } from './read.ts';

/** Clients of one request: of 50 with 1,000 dead orders each, the reply is 3 MB. */
const GROUP_CLIENTS = 50;

export interface NewestDead {
  /** The last to die first. Unix milliseconds. */
  readonly orders: readonly { readonly id: string; readonly deadAtMs: number }[];
  /** How many dead orders there are. */
  readonly count: number;
}

/**
 * The orders of all clients that died last. One billed command, and two for each client.
 *
 * @throws StoreUnavailable
 */
async function newestDead(store: Store, ordersMax: number): Promise<NewestDead> {
  const { client, keys } = store;
  const clients = await knownClients(store);
  let orders: { id: string; deadAtMs: number }[] = [];
  let count = 0;
  for (let from = 0; from < clients.length; from += GROUP_CLIENTS) {
    const some = clients.slice(from, from + GROUP_CLIENTS);
    const answers = await client.repeatedly((redis) => {
      const reads = redis.pipeline();
      for (const name of some) {
        reads.zcard(keys.dead(name));
        reads.zrange(keys.dead(name), 0, ordersMax - 1, { rev: true, withScores: true });
      }
      return reads.exec<(number | (string | number)[])[]>();
    });
    for (const answer of answers) {
      if (!Array.isArray(answer)) count += Number(answer);
      else
        for (let at = 0; at < answer.length; at += 2) {
          orders.push({ id: String(answer[at]), deadAtMs: Number(answer[at + 1]) });
        }
    }
    orders.sort((one, other) => other.deadAtMs - one.deadAtMs);
    orders = orders.slice(0, ordersMax);
  }
  return { orders, count };
}

/** Orders of one request: of 100 with a usual record and state, the reply is some 100 KB. */
const READ_ORDERS = 100;

/** A dead order, with what its place and its state say. Unix milliseconds. */
export interface DeadOrder {
  readonly id: string;
  readonly client: string;
  readonly currency: string;
  readonly totalAmount: number;
  readonly attempts: number;
  readonly deadAtMs: number;
  readonly reason: string;
  readonly wasRedriven: boolean;
}

/**
 * Reads the orders that died last. As `newestDead`, and one billed command for each 100 orders.
 *
 * @throws StoreUnavailable
 */
export async function readDead(store: Store, ordersMax: number, nowMs: number) {
  const { orders: newest, count } = await newestDead(store, ordersMax);
  const orders: DeadOrder[] = [];
  for (let from = 0; from < newest.length; from += READ_ORDERS) {
    const some = newest.slice(from, from + READ_ORDERS);
    const stored = await readRecords(
      store,
      some.map(({ id }) => id),
    );
    for (const [at, { id, deadAtMs }] of some.entries()) {
      const found = stored[at] ?? { record: null, state: null };
      const order = readable(() => orderFrom(id, found, nowMs));
      const state = readable(() => stateFrom(id, found.state));
      // It may have left since its place was read.
      if (order === undefined || state?.status !== 'dead') continue;
      const { client, currency, totalAmount, attempts, lastError } = order;
      const wasRedriven = (state.redrives ?? 0) > 0;
      const reason = lastError?.reason ?? '';
      orders.push({ id, client, currency, totalAmount, attempts, deadAtMs, reason, wasRedriven });
    }
  }
  return { orders, examined: newest.length, count };
}
