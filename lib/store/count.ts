import { clientIn } from './claim.ts';
import type { Store } from './connection.ts';
import { readyScore } from './keys.ts';
import { headOf, readable } from './order-record.ts';
import { valuesOf } from './read.ts';
import type { Waiting } from './upcoming.ts';

/** How many orders are in each state. */
export interface Counts {
  readonly queued: number;
  readonly producing: number;
  readonly scheduled: number;
  readonly dead: number;
  readonly produced: number;
  readonly canceled: number;
  /** How long the order that has been ready for longest has waited; `null` if none is ready. */
  readonly oldestQueuedAgeMs: number | null;
  /** Names the counts that are not exact. */
  readonly approximate: readonly string[];
  /** What is kept of each client: the ids in its queue, those that come back at a time, and the dead. */
  readonly clients: readonly {
    readonly client: string;
    readonly queued: number;
    readonly pending: number;
    readonly dead: number;
  }[];
  readonly waiting: Waiting;
}

/** What is asked of each client. */
const COMMANDS = 6;

/**
 * Counts the orders of all clients, at 4 billed commands and 6 for each client. Orders that are due
 * count as queued.
 *
 * @throws StoreUnavailable
 */
export async function countOrders({ client, keys }: Store, nowMs: number): Promise<Counts> {
  const [clients = [], leased = 0, totals] = await client.repeatedly((redis) =>
    redis
      .pipeline()
      .zrange(keys.clients, 0, -1)
      .hlen(keys.owners)
      .hmget(keys.totals, 'produced', 'canceled', 'leaving')
      .exec<[string[], number, unknown]>(),
  );
  const answers = await client.repeatedly((redis) => {
    if (clients.length === 0) return Promise.resolve([]);
    const reads = redis.pipeline();
    for (const name of clients) {
      reads.llen(keys.queue(name)).zcard(keys.pending(name));
      reads.zcount(keys.pending(name), '-inf', nowMs).zcard(keys.dead(name));
      reads.lindex(keys.queue(name), -1);
      reads.zrange(keys.pending(name), 0, 0, { withScores: true });
    }
    return reads.exec<unknown[]>();
  });
  const each = clients.map((_, at) => answers.slice(at * COMMANDS, (at + 1) * COMMANDS));
  const sum = (nth: number) => each.reduce((total, answer) => total + Number(answer[nth] ?? 0), 0);
  const [inQueues, pending, dueNow, dead] = [sum(0), sum(1), sum(2), sum(3)];
  const [produced = 0, canceled = 0, leaving = 0] = numbersIn(totals);
  const producing = Math.min(leased, pending - dueNow);
  const tails = each.flatMap((answer) => (typeof answer[4] === 'string' ? [answer[4]] : []));
  const due = each.flatMap(([, , , , , first]) => {
    const [id, score] = first as (string | number)[];
    return Number(score) <= nowMs ? [{ id: String(id), atMs: Number(score) }] : [];
  });
  // The score of an order that was given back is no time.
  const back = due.filter(({ atMs }) => atMs < readyScore(nowMs));
  const sinceMs = Math.min(
    ...due.filter((one) => !back.includes(one)).map(({ atMs }) => atMs),
    ...(await acceptedAt({ client, keys }, [...tails, ...back.map(({ id }) => id)])),
  );
  return {
    queued: Math.max(0, inQueues + dueNow - leaving),
    producing,
    scheduled: pending - dueNow - producing,
    dead,
    produced,
    canceled,
    oldestQueuedAgeMs: Number.isFinite(sinceMs) ? Math.max(0, nowMs - sinceMs) : null,
    // Among those pending are retries that are not due yet, and leases that have just ended.
    approximate: pending > 0 ? ['queued', 'producing', 'scheduled'] : [],
    clients: keptOf(clients, each),
    waiting: {
      clients: clients.flatMap((client, at) => {
        const [, all = 0, ready = 0] = (each[at] ?? []).map(Number);
        return all > ready ? [{ client, orders: all - ready }] : [];
      }),
      leased: producing,
    },
  };
}

/** Of each client. What waits unanswered is pending as well. */
function keptOf(names: readonly string[], answers: readonly unknown[][]): Counts['clients'] {
  const kept = new Map<string, { queued: number; pending: number; dead: number }>();
  for (const [at, name] of names.entries()) {
    const [queued = 0, pending = 0, , dead = 0] = (answers[at] ?? []).map(Number);
    const before = kept.get(clientIn(name)) ?? { queued: 0, pending: 0, dead: 0 };
    kept.set(clientIn(name), {
      queued: before.queued + queued,
      pending: before.pending + pending,
      dead: before.dead + dead,
    });
  }
  return [...kept].map(([client, counts]) => ({ client, ...counts }));
}

/** HMGET answers with a list, or with nothing if there is no hash. */
function numbersIn(values: unknown): number[] {
  return Array.isArray(values) ? values.map((value) => Math.max(0, Number(value ?? 0))) : [];
}

async function acceptedAt({ client, keys }: Store, ids: readonly string[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const records = await valuesOf({ client }, ids.map(keys.order));
  return ids.flatMap((id, at) => {
    const head = readable(() => headOf(id, records[at] ?? ''));
    return head === undefined ? [] : [head.acceptedAtMs];
  });
}
