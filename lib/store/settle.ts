import {
  aloneOf,
  type Claim,
  type ClaimRequest,
  claimCall,
  claimFrom,
  type Lease,
} from './claim.ts';
import type { Store } from './connection.ts';
import { readyScore, segmentName, segmentOf } from './keys.ts';
import { type OrderState, stateText } from './order-record.ts';
import { numberedStocks, partsOf, type Sold } from './reservations.ts';
import { runScript, runTogether, type ScriptCall } from './run-script.ts';
import { SETTLE } from './scripts.ts';

/** Redis uses 136 bytes for a dead order: 68 MB in all, of the 100 MB that a record may hold. */
const DEAD_MAX = 500_000;
/** About 60 bytes each. Announced later than that, an event is worth less than the memory. */
const EVENTS_MAX = 1_000_000;

/** What becomes of one leased order. */
export interface Settlement {
  readonly lease: Lease;
  /** Whose order it is. */
  readonly client: string;
  /**
   * `produced`, `canceled` and `dead`: it goes to that place. `pending`: it is due at `dueAtMs`.
   * `nowhere`: it has no record, so its id is dropped.
   */
  readonly kind: 'produced' | 'canceled' | 'dead' | 'pending' | 'nowhere';
  /** Unix milliseconds, where it is pending; the rank of its lease, where it is given back untried. */
  readonly dueAtMs?: number;
  /** When it ended or died, Unix milliseconds, if an earlier settlement or a cancel has said so. */
  readonly endedAtMs?: number;
  /** Whether it waits to be tried alone. */
  readonly isAlone?: boolean;
  /** Whether it gets the next order number. */
  readonly isNumbered?: boolean;
  /** What to write; left out where the state record stays as it is. */
  readonly state?: OrderState;
  /** The ended segment it belongs to, if an earlier settlement has said so: that one was cut off. */
  readonly segment?: number;
  /** Since when it could have been produced, Unix milliseconds; only of what was produced now. */
  readonly readySinceMs?: number;
}

export interface Settlements {
  readonly token: number;
  readonly settlements: readonly Settlement[];
  readonly nowMs: number;
  /** Whether orders that ended leave an event for the announcer. */
  readonly isAnnounced: boolean;
}

/**
 * Settles a batch and claims the next one in one request. If the request fails, the settlements are
 * sent again, and what it may have claimed comes back when its lease ends.
 *
 * @returns for each settlement whether it stands, and the claim if one was asked for and its answer came
 * @throws StoreUnavailable, StoreFault; claimed orders then come back when their lease ends
 */
export async function settleAndClaim(
  store: Store,
  settled: Settlements | undefined,
  request: ClaimRequest | undefined,
): Promise<{ stands: boolean[]; claim?: Claim }> {
  const parts = settled?.settlements.length
    ? partsOf(settled.settlements, soldBy).map((settlements) =>
        settleCall(store, { ...settled, settlements }),
      )
    : [];
  const settle = parts.pop();
  const earlier: boolean[] = [];
  for (const call of parts) earlier.push(...standing(await runScript(store.client, call)));
  if (request === undefined) {
    const last = settle === undefined ? [] : standing(await runScript(store.client, settle));
    return { stands: [...earlier, ...last] };
  }
  const calls = [...(settle ? [settle] : []), claimCall(store, request)];
  const answers = await runTogether(store.client, calls).catch((error: unknown) => {
    if (settle === undefined) throw error;
    return undefined;
  });
  let settledAnswer = settle && answers?.[0];
  if (settle !== undefined && !Array.isArray(settledAnswer)) {
    settledAnswer = await runScript(store.client, settle);
  }
  const claimed = answers?.at(-1);
  if (claimed instanceof Error && settle === undefined) throw claimed;
  return {
    stands: [...earlier, ...standing((settledAnswer as unknown[] | undefined) ?? [])],
    ...(Array.isArray(claimed) && { claim: claimFrom(claimed, request) }),
  };
}

function standing(answer: unknown[]): boolean[] {
  return answer.map((stands) => stands === 1);
}

/** What an order takes from stocks by this settlement. */
function soldBy({ kind, state }: Settlement): readonly Sold[] {
  return kind === 'produced' ? (state?.sold ?? []) : [];
}

/** Different texts, numbered from 1 on in the order in which they were first asked for. */
class Numbered {
  readonly #numbers = new Map<string, number>();
  readonly values: (readonly string[])[] = [];

  of(...value: string[]): number {
    const name = value.join('\n');
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.values.push(value));
    return this.values.length;
  }
}

/**
 * Settlements as a call of their script. What becomes of orders is mostly the same for a whole batch,
 * so it is sent once and each order names its number.
 */
function settleCall({ keys }: Store, settled: Settlements): ScriptCall {
  const { token, settlements, nowMs, isAnnounced } = settled;
  const [places, outcomes, stocks] = [new Numbered(), new Numbered(), numberedStocks()];
  const placeOf = (client: string, segment = segmentOf(token)) =>
    String(places.of(client, String(segment)));
  const orders = settlements.flatMap((one) => {
    const { lease, client, kind, state, ...settlement } = one;
    const to = kind === 'pending' && settlement.isAlone === true ? aloneOf(client) : client;
    const hasEnded = kind === 'produced' || kind === 'canceled';
    const outcome = outcomes.of(
      placeOf(lease.from),
      placeOf(to, hasEnded ? settlement.segment : undefined),
      lease.owner,
      kind,
      String(settlement.dueAtMs ?? settlement.endedAtMs ?? nowMs),
      settlement.isNumbered ? '1' : '0',
      state === undefined ? '' : stateText(state).slice(0, -1),
    );
    return [lease.id, String(outcome), stocks.textOf(soldBy(one))];
  });
  const placeNames = places.values.map(([client = '', segment]) => ({
    client,
    segment: Number(segment),
  }));
  return {
    script: SETTLE,
    keys: [
      ...[keys.owners, keys.clients, keys.segments, keys.totals, keys.number, keys.events],
      ...placeNames.flatMap(({ client, segment }) => [
        keys.pending(client),
        keys.dead(client),
        keys.ended(client, segment),
      ]),
      ...settlements.map(({ lease }) => keys.state(lease.id)),
      ...stocks.all().map(({ sku }) => keys.stock(sku)),
    ],
    args: [
      ...[nowMs, DEAD_MAX, isAnnounced ? EVENTS_MAX : 0, readyScore(nowMs)].map(String),
      ...[placeNames.length, outcomes.values.length, stocks.all().length].map(String),
      ...stocks.all().map(({ epoch }) => epoch),
      ...placeNames.flatMap(({ client, segment }) => [client, segmentName(client, segment)]),
      ...outcomes.values.flat(),
      ...orders,
    ],
  };
}
