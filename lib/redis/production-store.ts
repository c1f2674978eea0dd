import type {
  Claim,
  ClaimedOrder,
  ClaimRequest,
  ProductionStore,
  Settlement,
} from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import {
  ORDER_FIELDS,
  orderFromValues,
  readable,
  settlementFields,
  type Values,
} from './order-hash.ts';
import { runOnce, runRepeatedly } from './run-script.ts';
import { CLAIM, EXTEND, SETTLE } from './scripts.ts';

const DEAD_REASON = 'The last attempt ended without an answer: its drain died or was cut off.';

/**
 * @param holder  a value that no other process has, such as a UUID: a failover can lose the last
 *   fencing token, which is then given out a second time
 * @param isAnnounced  whether orders that end here leave an event for the announcer
 */
export function productionStore(
  client: RedisClient,
  keys: Keys,
  holder: string,
  { isAnnounced = false }: { readonly isAnnounced?: boolean } = {},
): ProductionStore {
  const announces = isAnnounced ? '1' : '0';
  return {
    async claim(request: ClaimRequest): Promise<Claim> {
      const { ordersMax, bytesMax, leaseMs, nowMs, attemptsMax } = request;
      const limits = [ordersMax, bytesMax, nowMs, nowMs + leaseMs, attemptsMax].map(String);
      // Not repeated: another claim would lease other orders, and these would wait out their lease.
      const answer = (await runOnce(
        client,
        CLAIM,
        [keys.queue, keys.pending, keys.owners, keys.fence, keys.dead, keys.events],
        [...limits, keys.orderPrefix, DEAD_REASON, holder, announces, ...ORDER_FIELDS],
      )) as ClaimAnswer;
      return claimFrom(answer, holder, nowMs);
    },

    async settle(token, settlements: readonly Settlement[], nowMs): Promise<boolean[]> {
      if (settlements.length === 0) return [];
      const orderKeys = settlements.map(({ id }) => keys.order(id));
      const answer = await runRepeatedly(
        client,
        SETTLE,
        [keys.owners, keys.pending, keys.finished, keys.dead, keys.events, ...orderKeys],
        [
          ...[String(token), holder, String(nowMs), announces],
          ...settlements.flatMap((settlement) => settlementArgs(settlement, nowMs)),
        ],
      );
      return (answer as number[]).map((stands) => stands === 1);
    },

    async extend(token, ids, leaseEndMs): Promise<boolean[]> {
      const args = [String(token), holder, String(leaseEndMs), ...ids];
      const answer = await runRepeatedly(client, EXTEND, [keys.owners, keys.pending], args);
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

/** What the claim script returns: token, orders with their attempt, dead ids, broken ids, more. */
type ClaimAnswer = [number, [string, number, Values][], string[], string[], number];

function claimFrom(
  [token, orders, dead, broken, more]: ClaimAnswer,
  holder: string,
  nowMs: number,
): Claim {
  const claimed: ClaimedOrder[] = [];
  const unreadable: string[] = [];
  for (const [id, attempts, values] of orders) {
    // Its lease runs out until it is dead.
    const order = readable(() => orderFromValues(id, values, nowMs));
    if (order === undefined) unreadable.push(id);
    else claimed.push({ ...order, status: 'producing', attempts });
  }
  return {
    token,
    // As settle writes it into the orders' `settledBy`.
    batchId: `${token}:${holder}`,
    orders: claimed,
    dead,
    broken: [...broken, ...unreadable],
    more: more === 1,
  };
}

function settlementArgs(settlement: Settlement, nowMs: number): string[] {
  const { id, kind } = settlement;
  const fields = settlementFields(settlement, nowMs);
  const dueAtMs = kind === 'retry' ? settlement.dueAtMs : kind === 'untried' ? nowMs : '';
  return [id, kind, String(dueAtMs), String(fields.length / 2), ...fields];
}
