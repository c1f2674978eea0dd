import { type Order, statusAtIntake } from '../orders/order.ts';
import { StoreFault, StoreUnavailable } from '../queue/errors.ts';
import type {
  Claim,
  ClaimedOrder,
  ClaimRequest,
  Counts,
  IntakeStore,
  NewOrder,
  OrderNumbers,
  ProductionStore,
  ReadStore,
  Settlement,
  SubmitAnswer,
} from '../queue/store.ts';
import { type RedisClient, runScript } from './client.ts';
import type { Keys } from './keys.ts';
import { newOrderFields, ORDER_FIELDS, orderFromValues, settlementFields } from './order-hash.ts';
import { CLAIM, COUNTS, EXTEND, type Script, SETTLE, SUBMIT } from './scripts.ts';

const DEAD_REASON = 'The last attempt ended without an answer: its drain died or was cut off.';

export function intakeStore(client: RedisClient, keys: Keys): IntakeStore {
  return {
    async submit(orders: readonly NewOrder[], acceptedAtMs: number): Promise<SubmitAnswer[]> {
      const answers = (await repeatedly(
        client,
        SUBMIT,
        [
          ...[keys.index, keys.queue, keys.pending, keys.finished, keys.dead],
          ...orders.map(({ id }) => keys.order(id)),
        ],
        [String(acceptedAtMs), ...orders.flatMap((order) => submitArgs(order, acceptedAtMs))],
      )) as ([1] | [0, string, string] | [2, string])[];
      return answers.map((answer, at) => {
        if (answer[0] === 1) return { kind: 'accepted' };
        if (answer[0] === 2) throw failureOf(orders[at]?.id, answer[1]);
        return { kind: 'known', fingerprint: answer[1], acceptedAtMs: Number(answer[2]) };
      });
    },
  };
}

/** Why an order could not be written: a key that holds something else, or a Redis in trouble. */
function failureOf(id: string | undefined, error: string): StoreFault | StoreUnavailable {
  const isFault = /^WRONGTYPE|is lost/.test(error);
  const message = `${id} could not be written: ${error.slice(0, 200)}`;
  return isFault ? new StoreFault(message) : new StoreUnavailable(message);
}

function submitArgs(order: NewOrder, acceptedAtMs: number): string[] {
  const { id, submission } = order;
  const isLater = statusAtIntake(submission, acceptedAtMs) === 'scheduled';
  const fields = newOrderFields(order, acceptedAtMs);
  const dueAtMs = isLater ? String(submission.produceAtMs) : '';
  return [id, dueAtMs, String(fields.length / 2), ...fields];
}

export function readStore(client: RedisClient, keys: Keys): ReadStore {
  return {
    async read(id: string, nowMs: number): Promise<Order | undefined> {
      // A transaction: between two reads the order could leave its owner and seem to wait again.
      const [values, owner] = await client.repeatedly(async (redis) => {
        const reads = redis
          .multi()
          .hmget(keys.order(id), ...ORDER_FIELDS)
          .hget(keys.owners, id);
        return (await reads.exec()) as unknown as [Values, string | null];
      });
      const order = orderFromValues(id, values, nowMs);
      if (order === undefined || owner === null) return order;
      return { ...order, status: 'producing', attempts: Number(owner.split(':')[1]) };
    },

    async counts(nowMs: number): Promise<Counts> {
      const { queue, pending, owners, dead, finished, canceled, index } = keys;
      const answer = await repeatedly(
        client,
        COUNTS,
        [queue, pending, owners, dead, finished, canceled, index],
        [],
      );
      return countsFrom(answer as (number | string)[], nowMs);
    },
  };
}

function countsFrom(answer: readonly (number | string)[], nowMs: number): Counts {
  const [queued = 0, waiting = 0, producing = 0, dead = 0, produced = 0, canceled = 0] =
    answer.map(Number);
  const oldest = answer[6];
  const scheduled = Math.max(0, waiting - producing);
  return {
    queued,
    producing,
    scheduled,
    dead,
    produced,
    canceled,
    oldestQueuedAgeMs: oldest === '' ? null : Math.max(0, nowMs - Number(oldest)),
    // Of those that wait for a time, some wait for a retry or are due: they count as queued.
    approximate: scheduled > 0 ? ['queued', 'scheduled'] : [],
  };
}

/**
 * @param holder  a value that no other process has, such as a UUID: a failover can lose the last
 *   fencing token, which is then given out a second time
 */
export function productionStore(client: RedisClient, keys: Keys, holder: string): ProductionStore {
  return {
    async claim(request: ClaimRequest): Promise<Claim> {
      const { ordersMax, bytesMax, leaseMs, nowMs, attemptsMax } = request;
      const limits = [ordersMax, bytesMax, nowMs, nowMs + leaseMs, attemptsMax].map(String);
      // Not repeated: another claim would lease other orders, and these would wait out their lease.
      const answer = (await client.once((redis) =>
        listFrom(
          redis,
          CLAIM,
          [keys.queue, keys.pending, keys.owners, keys.fence, keys.dead],
          [...limits, keys.orderPrefix, DEAD_REASON, holder, ...ORDER_FIELDS],
        ),
      )) as ClaimAnswer;
      return claimFrom(answer, nowMs);
    },

    async settle(token, settlements: readonly Settlement[], nowMs): Promise<boolean[]> {
      if (settlements.length === 0) return [];
      const orderKeys = settlements.map(({ id }) => keys.order(id));
      const answer = await repeatedly(
        client,
        SETTLE,
        [keys.owners, keys.pending, keys.finished, keys.dead, ...orderKeys],
        [
          ...[String(token), holder, String(nowMs)],
          ...settlements.flatMap((settlement) => settlementArgs(settlement, nowMs)),
        ],
      );
      return (answer as number[]).map((stands) => stands === 1);
    },

    async extend(token, ids, leaseEndMs): Promise<boolean[]> {
      const args = [String(token), holder, String(leaseEndMs), ...ids];
      const answer = await repeatedly(client, EXTEND, [keys.owners, keys.pending], args);
      return (answer as number[]).map((held) => held === 1);
    },

    async ready(nowMs: number): Promise<number> {
      const [queued, due] = await client.repeatedly((redis) =>
        redis.pipeline().llen(keys.queue).zcount(keys.pending, '-inf', nowMs).exec<number[]>(),
      );
      return (queued ?? 0) + (due ?? 0);
    },
  };
}

/** The values of `ORDER_FIELDS` in an order's hash. */
type Values = readonly (string | null)[];

/** What the claim script returns: token, orders with their attempt, dead ids, broken ids, more. */
type ClaimAnswer = [number, [string, number, Values][], string[], string[], number];

function claimFrom([token, orders, dead, broken, more]: ClaimAnswer, nowMs: number): Claim {
  const claimed: ClaimedOrder[] = [];
  const unreadable: string[] = [];
  for (const [id, attempts, values] of orders) {
    const order = readable(id, values, nowMs);
    if (order === undefined) unreadable.push(id);
    else claimed.push({ ...order, status: 'producing', attempts });
  }
  return {
    token,
    orders: claimed,
    dead,
    broken: [...broken, ...unreadable],
    more: more === 1,
  };
}

/** One order that cannot be read stops no other: its lease runs out until it is dead. */
function readable(id: string, values: Values, nowMs: number): Order | undefined {
  try {
    return orderFromValues(id, values, nowMs);
  } catch (error) {
    if (error instanceof StoreFault) return undefined;
    throw error;
  }
}

function settlementArgs(settlement: Settlement, nowMs: number): string[] {
  const { id, kind } = settlement;
  const fields = settlementFields(settlement, nowMs);
  const dueAtMs = kind === 'retry' ? settlement.dueAtMs : kind === 'untried' ? nowMs : '';
  return [id, kind, String(dueAtMs), String(fields.length / 2), ...fields];
}

export function orderNumbers(client: RedisClient, keys: Keys): OrderNumbers {
  return {
    async take(count: number): Promise<number> {
      // Safe to repeat: a reply that is lost leaves a gap, never a number given out twice.
      const last = await client.repeatedly(async (redis) => {
        const answer: unknown = await redis.incrby(keys.number, count);
        if (Number.isSafeInteger(answer) && (answer as number) >= count) return answer as number;
        throw new StoreUnavailable('Redis answered what is no order number');
      });
      return last - count + 1;
    },
  };
}

function repeatedly(client: RedisClient, script: Script, keys: string[], args: string[]) {
  return client.repeatedly((redis) => listFrom(redis, script, keys, args));
}

/** Every script of the store answers with a list; what is none was not said by Redis. */
async function listFrom(...call: Parameters<typeof runScript>): Promise<unknown[]> {
  const answer = await runScript(...call);
  if (!Array.isArray(answer)) throw new StoreUnavailable('Redis answered what is no list');
  return answer;
}
