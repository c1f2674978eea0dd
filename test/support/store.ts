import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Order } from '../../lib/orders/order.ts';
import { type Claim, type ClaimRequest, type Lease, readyClients } from '../../lib/store/claim.ts';
import { connect, type Store } from '../../lib/store/connection.ts';
import { keysWith } from '../../lib/store/keys.ts';
import { findOrder } from '../../lib/store/read.ts';
import { type Settlement, settleAndClaim } from '../../lib/store/settle.ts';
import { type SubmitAnswer, type Submitted, submit } from '../../lib/store/submit.ts';
import { NOW_MS, type TestOrder } from './orders.ts';

/** The store of one test: the real one, on the shared Redis, under keys of its own. */
export function freshStore(server: { url: string; token: string } = inject('upstash')) {
  return storeWith(server, `${randomUUID()}:`);
}

export type TestStore = ReturnType<typeof storeWith>;

/** The store as functions see it that run with this prefix. */
export function storeWith(server: { url: string; token: string }, prefix: string) {
  const client = connect({ ...server, timeoutMs: 5_000, sendsMax: 2, random: Math.random });
  const store: Store = { client, keys: keysWith(prefix) };
  return { ...store, prefix, redis: client.redis };
}

/** Submits one order at its own time. */
export async function submitOne(store: Store, order: TestOrder): Promise<SubmitAnswer> {
  const { answers } = await submitAll(store, [order], order.acceptedAtMs);
  return answers[0] as SubmitAnswer;
}

/** Submits orders of one client. */
export function submitAll(
  store: Store,
  orders: readonly TestOrder[],
  nowMs: number = NOW_MS,
): Promise<Submitted> {
  const limits = { pendingMax: 1_000, queueMax: 1_000 };
  return submit(store, { client: orders[0]?.client ?? '', orders, nowMs, ...limits });
}

/** One claim, of whoever is ready. */
export async function claimReady(
  store: Store,
  overrides: Partial<ClaimRequest> = {},
): Promise<Claim> {
  const nowMs = overrides.nowMs ?? NOW_MS + 1_000;
  const clients = overrides.clients ?? (await readyClients(store, nowMs));
  const request = { clients, ordersMax: 100, leaseMs: 30_000, nowMs, holder: randomUUID() };
  if (clients.length === 0) {
    return {
      token: 0,
      holder: request.holder,
      claimedAtMs: nowMs,
      leases: [],
      popped: 0,
      ready: [],
    };
  }
  const { claim } = await settleAndClaim(store, undefined, { ...request, ...overrides });
  return claim as Claim;
}

/** Settles the orders of a claim, each as the function says. */
export async function settleAll(
  store: Store,
  claim: Claim,
  settlement: (lease: Lease) => Omit<Settlement, 'lease' | 'client'>,
  { nowMs = NOW_MS + 2_000, isAnnounced = false } = {},
): Promise<boolean[]> {
  const settlements = claim.leases.map((lease) => ({
    ...settlement(lease),
    ...{ lease, client: lease.from },
  }));
  const { token } = claim;
  const settled = { token, settlements, nowMs, isAnnounced };
  return (await settleAndClaim(store, settled, undefined)).stands;
}

/** The order as it is now, or `undefined` if there is none. */
export async function readOrder(
  store: Store,
  id: string,
  nowMs: number,
): Promise<Order | undefined> {
  const found = await findOrder(store, id, nowMs);
  return found.kind === 'order' ? found.order : undefined;
}

/** The store as an operation sees it to whom something happens once it has read for the first time. */
export function interrupted(store: TestStore, happens: () => Promise<unknown>): TestStore {
  let isFirst = true;
  const client: TestStore['client'] = {
    ...store.client,
    async repeatedly(send) {
      const answer = await store.client.repeatedly(send);
      if (isFirst) {
        isFirst = false;
        await happens();
      }
      return answer;
    },
  };
  return { ...store, client };
}
