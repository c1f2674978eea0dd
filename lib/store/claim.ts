import type { Store } from './connection.ts';
import { aloneReadyScore, readyScore } from './keys.ts';
import type { ScriptCall } from './run-script.ts';
import { CLAIM } from './scripts.ts';

/** The most orders of one claim: its script stays bounded. */
export const CLAIM_ORDERS_MAX = 500;
/** How many clients one claim serves. The others come next, as they were served longer ago. */
export const CLAIM_CLIENTS_MAX = 50;
/**
 * How many orders of one client may be leased, waiting for a retry, or scheduled: beside as many
 * as `SLUICE_SCHEDULED_MAX` allows at most, there is room for the leases of 20 slots. Redis uses 136 bytes for each: 71 MB in
 * all, of the 100 MB that a record may hold.
 * @see https://upstash.com/docs/redis/troubleshooting/max_record_size_exceeded
 */
export const PENDING_MAX = 520_000;

/** What the names begin with under which unanswered orders are pending. No client's name does. */
const ALONE = '!';

/**
 * The name under which a client's orders are pending whose last claim was never settled. They are tried
 * one by one, as one of them may have killed its drain. For such a name, it is that name.
 */
export function aloneOf(client: string): string {
  return isAloneName(client) ? client : ALONE + client;
}

/** Whether unanswered orders are pending under a name, and not a client's others. */
export function isAloneName(name: string): boolean {
  return name.startsWith(ALONE);
}

/** The client whose orders are pending under a name. */
export function clientIn(name: string): string {
  return isAloneName(name) ? name.slice(ALONE.length) : name;
}

export interface ClaimRequest {
  /** From whom to take, those served longest ago first; up to `CLAIM_CLIENTS_MAX`. */
  readonly clients: readonly string[];
  /** 1 to `CLAIM_ORDERS_MAX`. */
  readonly ordersMax: number;
  readonly nowMs: number;
  readonly leaseMs: number;
  /** Text that no other drain has: a failover can give a fencing token out twice. */
  readonly holder: string;
}

export interface Claim {
  /** The fencing token: grows with each claim; 0 if nothing was leased. */
  readonly token: number;
  readonly holder: string;
  /** When it was asked for: its leases end `leaseMs` later unless they are extended. */
  readonly claimedAtMs: number;
  readonly leases: readonly Lease[];
  /** How many of them were taken from queues: nobody had claimed them before. */
  readonly popped: number;
  /** Clients of whom orders are ready now, those served longest ago first. */
  readonly ready: readonly string[];
}

/** A claim that was never settled. */
export interface LastClaim {
  /** As the hash of owners held it. */
  readonly owner: string;
  /** Unix milliseconds. */
  readonly leaseEndMs: number;
}

/** One leased order. */
export interface Lease {
  readonly id: string;
  /** The client from whose queue or pending orders it was taken, or the name of its unanswered ones. */
  readonly from: string;
  /** How often it was claimed since it was last settled, this time included. */
  readonly claims: number;
  /** As the hash of owners holds it. */
  readonly owner: string;
  /** Its place among all that were ever claimed: less than any later one, and than any time. */
  readonly rank: number;
  /** The claim before this one, if it was never settled. */
  readonly last?: LastClaim;
}

/** A claim as a call of its script. It is not safe to repeat: a second one leases other orders. */
export function claimCall({ keys }: Store, request: ClaimRequest): ScriptCall {
  const { clients, ordersMax, nowMs, leaseMs, holder } = request;
  return {
    script: CLAIM,
    keys: [
      ...[keys.clients, keys.owners, keys.fence],
      ...clients.flatMap((client) => [keys.queue(client), keys.pending(client)]),
    ],
    args: [
      ...[ordersMax, nowMs, nowMs + leaseMs, holder, PENDING_MAX, CLAIM_CLIENTS_MAX].map(String),
      String(clients.some(isAloneName) ? aloneReadyScore(nowMs) : readyScore(nowMs)),
      String(readyScore(nowMs)),
      ...clients,
    ],
  };
}

export function claimFrom(answer: unknown[], request: ClaimRequest): Claim {
  const { clients, holder, nowMs: claimedAtMs } = request;
  const [token, orders, ready, unanswered, popped] = answer as [
    ...[number, (string | number)[], string[], string[], number],
  ];
  const lastOf = new Map<string, LastClaim>();
  for (let at = 0; at < unanswered.length; at += 3) {
    const [id = '', leaseEndMs, owner = ''] = unanswered.slice(at, at + 3);
    lastOf.set(id, { owner, leaseEndMs: Number(leaseEndMs) });
  }
  const leases: Lease[] = [];
  // The token has grown by one with each of them.
  const before = token - orders.length / 3;
  for (let at = 0; at < orders.length; at += 3) {
    const [id, client, claims] = orders.slice(at, at + 3) as [string, number, number];
    const owner = `${token}:${claims}:${holder}`;
    const rank = before + leases.length + 1;
    const last = lastOf.get(id);
    const lease = { id, from: clients[client - 1] ?? '', claims, owner, rank };
    leases.push({ ...lease, ...(last && { last }) });
  }
  return { token, holder, claimedAtMs, leases, popped, ready: [...new Set(ready)] };
}

/** Which clients have orders that are ready, those served longest ago first. One billed command. */
export function readyClients({ client, keys }: Store, nowMs: number): Promise<string[]> {
  return client.repeatedly((redis) =>
    redis.zrange<string[]>(keys.clients, '-inf', nowMs, {
      byScore: true,
      offset: 0,
      count: CLAIM_CLIENTS_MAX,
    }),
  );
}

/** How many orders of some clients are ready: in queues, and due again or at their time. Two billed commands for each. */
export async function readyOrders(
  { client, keys }: Store,
  clients: readonly string[],
  nowMs: number,
): Promise<{ queued: number; due: number }> {
  if (clients.length === 0) return { queued: 0, due: 0 };
  const counts = await client.repeatedly((redis) => {
    const asked = redis.pipeline();
    for (const name of clients) {
      asked.llen(keys.queue(name)).zcount(keys.pending(name), '-inf', nowMs);
    }
    return asked.exec<number[]>();
  });
  const sumOf = (rest: number) =>
    counts.reduce((sum, count, at) => sum + (at % 2 === rest ? count : 0), 0);
  return { queued: sumOf(0), due: sumOf(1) };
}
