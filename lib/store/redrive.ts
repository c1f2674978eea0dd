import type { Store } from './connection.ts';
import { knownClients } from './list.ts';
import { type OrderState, orderFrom, readable, stateFrom, stateText } from './order-record.ts';
import { readRecords } from './read.ts';
import { runScript } from './run-script.ts';
import { REDRIVE } from './scripts.ts';

/** The most orders of one redrive. */
export const REDRIVE_ORDERS_MAX = 500;

export interface RedriveRequest {
  /** 1 to `REDRIVE_ORDERS_MAX`. */
  readonly ids: readonly string[];
  /** From one order's due time to the next, also across several redrives; 0 for all of them now. */
  readonly pauseMs: number;
  /** A value that no other redrive has, such as a UUID: it tells a repeat from another redrive. */
  readonly redriveId: string;
  readonly nowMs: number;
}

/** What became of an order that was to be put back. */
export type RedriveAnswer =
  | { readonly kind: 'redriven' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'erased' }
  | { readonly kind: 'not-dead'; readonly status: string };

/**
 * Puts dead orders back with no attempt counted, in one atomic step. What has failed before stays in
 * their history.
 *
 * @returns for each order whether it was put back; it was not if it is not dead
 * @throws StoreUnavailable, StoreFault
 */
export async function redrive(store: Store, request: RedriveRequest): Promise<boolean[]> {
  const { ids, pauseMs, redriveId, nowMs } = request;
  const stored = await readRecords(store, ids);
  const dead = ids.flatMap((id, at) => {
    const found = stored[at] ?? { record: null, state: null };
    const order = readable(() => orderFrom(id, found, nowMs));
    const state = readable(() => stateFrom(id, found.state));
    // One that is still leased is on its way to the dead: a drain completes that first.
    if (order === undefined || state?.status !== 'dead' || found.owner) return [];
    return [
      {
        id,
        client: order.client,
        expected: found.state ?? '',
        state: again(state, redriveId, nowMs),
      },
    ];
  });
  if (dead.length === 0) return ids.map(() => false);
  const answers = await send(store, dead, { pauseMs, nowMs });
  const isRedriven = new Map(dead.map(({ id }, at) => [id, answers[at] === 1]));
  return ids.map((id) => isRedriven.get(id) ?? false);
}

function again(state: OrderState, redriveId: string, nowMs: number): OrderState {
  const { settledBy: _, dueAtMs: __, isAlone: ___, ...rest } = state;
  const again = { redrivenBy: redriveId, redrives: (state.redrives ?? 0) + 1 };
  return { ...rest, status: 'queued', attempts: 0, updatedAtMs: nowMs, ...again };
}

interface DeadOrder {
  readonly id: string;
  readonly client: string;
  readonly expected: string;
  readonly state: OrderState;
}

function send(
  { client: redis, keys }: Store,
  orders: readonly DeadOrder[],
  { pauseMs, nowMs }: Pick<RedriveRequest, 'pauseMs' | 'nowMs'>,
) {
  const clients = [...new Set(orders.map(({ client }) => client))];
  return runScript(redis, {
    script: REDRIVE,
    bills: 4 + 2 * clients.length + (pauseMs > 0 ? 2 : 0),
    keys: [
      ...[keys.redrive, keys.clients],
      ...clients.flatMap((client) => [keys.dead(client), keys.pending(client)]),
      ...orders.map(({ id }) => keys.state(id)),
    ],
    args: [
      ...[nowMs, pauseMs, clients.length].map(String),
      ...clients,
      ...orders.flatMap(({ id, client, expected, state }) => [
        id,
        String(clients.indexOf(client) + 1),
        expected,
        stateText(state),
      ]),
    ],
  });
}

/**
 * The orders that died first, taking clients in turn, so that one client’s dead do not hold back another’s.
 * One billed command, and one for each client. */
export async function oldestDead(store: Store, ordersMax: number): Promise<string[]> {
  const { client: redis, keys } = store;
  const clients = await knownClients(store);
  if (clients.length === 0) return [];
  const pages = await redis.repeatedly((sdk) => {
    const reads = sdk.pipeline();
    for (const name of clients) {
      reads.zrange(keys.dead(name), 0, ordersMax - 1, { withScores: true });
    }
    return reads.exec<(string | number)[][]>();
  });
  const dead = pages.flatMap((page) =>
    Array.from({ length: page.length / 2 }, (_, at) => ({
      id: String(page[2 * at]),
      atMs: Number(page[2 * at + 1]),
      turn: at,
    })),
  );
  return dead
    .sort((one, other) => one.turn - other.turn || one.atMs - other.atMs)
    .slice(0, ordersMax)
    .map(({ id }) => id);
}
