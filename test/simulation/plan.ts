import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Submission } from '../../lib/orders/submission.ts';
import { submissionOf } from './bodies.ts';
import { type ChangesPlan, withChanges } from './changes-plan.ts';
import { type Random, randomFrom } from './random.ts';
import { type StockPlan, withStock } from './stock-plan.ts';

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
  readonly produces: ProducerKind;
  readonly lanes: number;
  readonly cancels: number;
  readonly redrives: number;
  /** How often an operator pauses the drains, or has them go on. */
  readonly pauses: number;
  /** Passes over the whole store, which repair and forget. */
  readonly upkeeps: number;
  /** Passes that forget only. */
  readonly retentions: number;
  /** How long an order is kept after its end. */
  readonly retentionMs: number;
  /** Orders in a client's queue beyond which its submits are refused. */
  readonly queueMax: number;
  readonly isAnnounced: boolean;
  /** Left out where no stock is kept. */
  readonly stock?: StockPlan;
  /** Left out where no order is replaced or erased. */
  readonly changes?: ChangesPlan;
}

export const TROUBLES = [
  'request lost',
  'reply lost',
  'sent twice',
  'delayed',
  'refused',
  'answered badly',
  'never answered',
  'torn',
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

/** The default producer, or one with a system of its own behind it. */
export type ProducerKind = 'order-numbers' | 'ledger';

/** One idempotency key of one client, with what it is used for. */
export interface PlannedOrder {
  readonly id: string;
  readonly client: string;
  readonly idempotencyKey: string;
  /** The first is what the client means; others are sent under the same key by mistake. */
  readonly bodies: readonly Submission[];
  /** What it may be replaced by: other contents, which no client submits. */
  readonly replacements?: readonly Submission[];
  /**
   * What its production does until all is healed; `rejects` and `poison`, which kills its drain each time,
   * are for ever. A receiver `lies` about an order where it takes it and says otherwise.
   */
  readonly nature: 'good' | 'rejects' | 'kills' | 'throws' | 'fickle' | 'lies' | 'poison';
}

const DAY_MS = 86_400_000;

/** Most seeds have a few kinds of faults only, so that each is seen by itself. */
export function planOf(seed: number): Plan {
  return withChanges(withStock(plainPlan(seed)));
}

function plainPlan(seed: number): Plan {
  const random = randomFrom(seed);
  const startMs = Date.UTC(2026, 10, 22, 13, 37) + random.whole(0, 86_400_000);
  const stormMs = random.whole(60, 420) * 1000;
  const some = (share: number, most: number) =>
    random.chance(share) ? random() * random() * most + 0.01 : 0;
  const calm = random.chance(0.15);
  const trouble = (most: number) => some(calm ? 0.1 : 0.45, most);
  return {
    seed,
    startMs,
    stormMs,
    leaseMs: random.pick([5_000, 10_000, 30_000]),
    lockLeaseMs: random.pick([10_000, 30_000]),
    attemptsMax: random.pick([1, 2, 2, 3, 3, 12]),
    batchSize: random.pick([1, 2, 3, 10, 100]),
    slots: random.chance(0.4) ? [0, 1] : [0],
    orders: [
      ...ordersOf(random, { startMs, stormMs }),
      ...hostileOrders(random, { startMs, stormMs }),
    ],
    traffic: { ...recordOf(TROUBLES, () => trouble(0.3)), torn: trouble(0.8) },
    outages: outagesOf(random, { startMs, stormMs }, calm),
    crash: trouble(0.08),
    freeze: trouble(0.08),
    clocks: random.pick(calm ? ['exact'] : ['exact', 'exact', 'skewed', 'jumping']),
    producer: recordOf(PRODUCER_TROUBLES, () => trouble(0.5)),
    produces: random.pick(['order-numbers', 'ledger', 'ledger']),
    lanes: random.pick([1, 2, 2]),
    cancels: random.chance(0.5) ? random.whole(1, 6) : 0,
    redrives: random.chance(0.5) ? random.whole(1, 4) : 0,
    pauses: seed % 3 === 0 ? 1 + (seed % 4) : 0,
    upkeeps: random.chance(0.5) ? random.whole(1, 6) : 0,
    retentions: seed % 5 === 0 ? 4 : 0,
    retentionMs: retentionOf(seed, random.pick([30_000, DAY_MS, 30 * DAY_MS])),
    queueMax: random.pick([1, 1_000, 1_000]),
    isAnnounced: random.chance(0.5),
  };
}

/** Where orders are forgotten while others come, they are not kept for long. */
function retentionOf(seed: number, keptMs: number): number {
  return seed % 5 === 0 ? 30_000 : keptMs;
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

const NATURES = [
  ...(['good', 'good', 'good', 'good', 'fickle', 'rejects', 'throws', 'kills', 'lies'] as const),
];
export const HOSTILE = 'hostile';

function ordersOf(random: Random, time: { startMs: number; stormMs: number }): PlannedOrder[] {
  const isMixed = random.chance(0.6);
  const clients = random.pick([
    ['shop'],
    ['shop', 'shop', 'mart'],
    ['shop', 'mart', 'depot', 'kiosk'],
  ]);
  return Array.from({ length: random.whole(2, random.pick([6, 6, 20])) }, (_, at) => {
    const client = random.pick(clients);
    const idempotencyKey = `key-${at}`;
    const bodies = Array.from({ length: random.chance(0.25) ? 2 : 1 }, (_, variant) =>
      submissionOf(random, time, `customer-${variant}`),
    );
    const nature = isMixed ? random.pick(NATURES) : 'good';
    return { id: orderIdOf(client, idempotencyKey), client, idempotencyKey, bodies, nature };
  });
}

/** In some seeds: up to three orders that kill each drain, among a crowd of their client's. */
function hostileOrders(random: Random, time: { startMs: number; stormMs: number }) {
  const poisonous = random.chance(0.3) ? random.whole(1, 3) : 0;
  const crowd = poisonous > 0 ? random.whole(0, 12) : 0;
  return Array.from({ length: poisonous + crowd }, (_, at): PlannedOrder => {
    const idempotencyKey = `hostile-${at}`;
    const bodies = [submissionOf(random, time, 'customer-0')];
    const nature = at < poisonous ? 'poison' : random.pick(['rejects', 'lies', 'throws'] as const);
    const id = orderIdOf(HOSTILE, idempotencyKey);
    return { id, client: HOSTILE, idempotencyKey, bodies, nature };
  });
}
