import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Submission } from '../../lib/orders/submission.ts';
import { type Random, randomFrom } from './random.ts';

/** All that a seed decides beforehand. Probabilities are between 0 and 1, times in milliseconds. */
export interface Plan {
  readonly seed: number;
  readonly startMs: number;
  /** How long faults go on. */
  readonly stormMs: number;
  readonly leaseMs: number;
  readonly lockLeaseMs: number;
  readonly attemptsMax: number;
  readonly batchSize: number;
  readonly slots: readonly number[];
  readonly orders: readonly PlannedOrder[];
  /** What becomes of requests, by weight; a request passes with what is left to 1. */
  readonly traffic: Readonly<Record<Trouble, number>>;
  /** When Redis cannot be reached at all, from and to. */
  readonly outages: readonly (readonly [number, number])[];
  /** What befalls a process as something reaches it. */
  readonly crash: number;
  readonly freeze: number;
  readonly clocks: 'exact' | 'skewed' | 'jumping';
  /** What a producer does to a batch, besides what it does to single orders. */
  readonly producer: Readonly<Record<ProducerTrouble, number>>;
  /** What produces orders, and so what stands behind. */
  readonly behind: BehindKind;
  /** What befalls a POST to the receiver, and a transaction of the database. */
  readonly receiver: Readonly<Record<ReceiverTrouble, number>>;
  readonly postgres: Readonly<Record<PostgresTrouble, number>>;
  /** When the system behind cannot be reached at all, from and to. */
  readonly outagesBehind: readonly (readonly [number, number])[];
  readonly cancels: number;
  readonly redrives: number;
  /** Orders in the queue beyond which submits are refused. */
  readonly queueMax: number;
  /** What Redis itself loses. */
  readonly damage: 'none' | 'hash' | 'fence' | 'lock';
}

export const TROUBLES = [
  'request lost',
  'reply lost',
  'sent twice',
  'delayed',
  'refused',
  'answered badly',
  'never answered',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export const PRODUCER_TROUBLES = [
  'throws before',
  'throws after',
  'never answers',
  'is slow',
  'is late',
  'dies after',
] as const;
export type ProducerTrouble = (typeof PRODUCER_TROUBLES)[number];

/** `ledger` is a producer of one's own, the others are those that Sluice ships. */
export type BehindKind =
  | 'order-numbers'
  | 'ledger'
  | 'webhook, by the order'
  | 'webhook, by the batch'
  | 'postgres';

const BEHIND: readonly BehindKind[] = [
  ...(['order-numbers', 'order-numbers', 'ledger', 'ledger', 'ledger', 'ledger'] as const),
  ...(['webhook, by the order', 'webhook, by the batch', 'postgres', 'postgres'] as const),
];

export const RECEIVER_TROUBLES = [
  'cannot be reached',
  'loses the request',
  'loses its answer',
  'gets it twice',
  'gets it late',
  'answers late',
  'never answers',
  'answers 5xx',
  'answers 5xx after all',
  'asks to be left alone',
  'redirects',
  'refuses by mistake',
  'breaks off its answer',
] as const;
export type ReceiverTrouble = (typeof RECEIVER_TROUBLES)[number];

export const POSTGRES_TROUBLES = [
  'cannot be reached',
  'loses the transaction',
  'loses its answer',
  'cannot serialize',
  'fails at the commit',
  'is slow',
  'never answers',
  'ends the session',
  'has no room',
  'has no table',
  'crashes before the commit',
  'crashes after it',
] as const;
export type PostgresTrouble = (typeof POSTGRES_TROUBLES)[number];

/** One idempotency key of one client, with what it is used for. */
export interface PlannedOrder {
  readonly id: string;
  readonly client: string;
  readonly idempotencyKey: string;
  /** The first is what the client means; others are sent under the same key by mistake. */
  readonly bodies: readonly Submission[];
  /** What its production does until all is healed; `rejects` is for ever. */
  readonly nature: 'good' | 'rejects' | 'kills' | 'throws' | 'fickle';
}

const DAMAGES = ['hash', 'hash', 'fence', 'fence', 'lock'] as const;

/** Most seeds have a few kinds of faults and none of the others, so that each is seen by itself. */
export function planOf(seed: number): Plan {
  const random = randomFrom(seed);
  const startMs = Date.UTC(2026, 10, 22, 13, 37) + random.whole(0, 86_400_000);
  const stormMs = random.whole(60, 420) * 1000;
  const some = (share: number, most: number) =>
    random.chance(share) ? random() * random() * most + 0.01 : 0;
  const calm = random.chance(0.15);
  const damage = random.chance(0.25) ? random.pick(DAMAGES) : 'none';
  const trouble = (most: number) => some(calm ? 0.1 : 0.45, most);
  // Little is sent behind in a run: what befalls it, befalls it often.
  const troubleBehind = () => some(calm ? 0.1 : 0.25, 0.8);
  return {
    seed,
    startMs,
    stormMs,
    // What a lost token does is seen only where leases run out while their holders stand still.
    leaseMs: damage === 'fence' ? 5_000 : random.pick([5_000, 10_000, 30_000]),
    lockLeaseMs: random.pick([10_000, 30_000]),
    attemptsMax: random.pick([1, 2, 2, 3, 3, 12]),
    batchSize: random.pick(damage === 'lock' ? [1, 2] : [1, 2, 3, 10, 100]),
    slots: damage === 'fence' || random.chance(0.4) ? [0, 1] : [0],
    orders: ordersOf(random, { startMs, stormMs }),
    traffic: recordOf(TROUBLES, () => trouble(0.3)),
    outages: outagesOf(random, { startMs, stormMs }, calm),
    crash: trouble(0.08),
    freeze: damage === 'fence' ? 0.15 : trouble(0.08),
    clocks: random.pick(calm ? ['exact'] : ['exact', 'exact', 'skewed', 'jumping']),
    producer: recordOf(PRODUCER_TROUBLES, () => trouble(0.5)),
    behind: random.pick(BEHIND),
    receiver: recordOf(RECEIVER_TROUBLES, troubleBehind),
    postgres: recordOf(POSTGRES_TROUBLES, troubleBehind),
    outagesBehind: outagesOf(random, { startMs, stormMs }, calm),
    cancels: random.chance(0.5) ? random.whole(1, 4) : 0,
    redrives: random.chance(0.5) ? random.whole(1, 4) : 0,
    queueMax: random.pick([1, 1_000, 1_000]),
    damage,
  };
}

function outagesOf(
  random: Random,
  { startMs, stormMs }: { startMs: number; stormMs: number },
  calm: boolean,
): [number, number][] {
  const count = !calm && random.chance(0.35) ? random.whole(1, 3) : 0;
  return Array.from({ length: count }, () => {
    const fromMs = startMs + random.whole(0, stormMs);
    return [fromMs, fromMs + random.whole(1_000, random.pick([8_000, 45_000]))];
  });
}

function recordOf<K extends string>(kinds: readonly K[], weight: () => number): Record<K, number> {
  return Object.fromEntries(kinds.map((kind) => [kind, weight()])) as Record<K, number>;
}

const NATURES = ['good', 'good', 'good', 'good', 'fickle', 'rejects', 'throws', 'kills'] as const;

function ordersOf(random: Random, time: { startMs: number; stormMs: number }): PlannedOrder[] {
  const isMixed = random.chance(0.6);
  return Array.from({ length: random.whole(2, 6) }, (_, at) => {
    const client = random.pick(['shop', 'shop', 'mart']);
    const idempotencyKey = `key-${at}`;
    const bodies = Array.from({ length: random.chance(0.25) ? 2 : 1 }, (_, variant) =>
      submissionOf(random, time, `customer-${variant}`),
    );
    const nature = isMixed ? random.pick(NATURES) : 'good';
    return { id: orderIdOf(client, idempotencyKey), client, idempotencyKey, bodies, nature };
  });
}

function submissionOf(
  random: Random,
  { startMs, stormMs }: { startMs: number; stormMs: number },
  customer: string,
): Submission {
  const lines = Array.from({ length: random.whole(1, 2) }, () => ({
    sku: `sku-${random.whole(1, 99)}`,
    quantity: random.whole(1, 9),
    unitAmount: random.whole(0, 500),
  }));
  const totalAmount = lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0);
  return {
    customer,
    currency: 'GBP',
    lines,
    totalAmount,
    ...(random.chance(0.3) && { reference: `reference-${random.whole(1, 99)}` }),
    ...(random.chance(0.25) && { produceAtMs: startMs + random.whole(-60_000, stormMs) }),
    ...(random.chance(0.2) && { metadata: { channel: 'web' } }),
  };
}
