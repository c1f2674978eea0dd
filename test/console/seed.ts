import { randomUUID } from 'node:crypto';
import { drainSlot } from '../../lib/drain/drain-slot.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { drainIdOf } from '../../lib/orders/holder.ts';
import type { Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import type { Store } from '../../lib/store/connection.ts';
import { newOrder } from '../support/orders.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import { claimReady, submitAll } from '../support/store.ts';
import { hostileReason, RUSH, type Rush, rushOrders, type SeedOrder } from './seed-orders.ts';

const MIN = 60_000;
const MINUTES = 60;
const ATTEMPTS_MAX = 3;
/** The drain of a minute begins when the minute's orders are in. */
const DRAIN_AT_MS = 50_000;
const PRODUCE_MS = 2_500;

/** What happened in one minute of the seed. */
export interface SeedMinute {
  readonly atMs: number;
  readonly cameIn: number;
  readonly produced: number;
  readonly dead: number;
}

/**
 * Lives through an hour, minute by minute, with the code that takes orders in and drains them and a clock
 * that is stepped: what is in Redis afterwards is what such an hour leaves there.
 *
 * @param endMs  when the hour ends, Unix milliseconds
 */
export async function seedRush(store: Store, endMs: number, rush: Rush = RUSH) {
  const startMs = Math.floor(endMs / MIN) * MIN - (MINUTES - 1) * MIN;
  const clock = steppedClock(startMs);
  const orders = rushOrders(rush, { startMs, endMs, minutes: MINUTES });
  const fate = fates(rush);
  const minutes: SeedMinute[] = [];
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const atMs = startMs + minute * MIN;
    const some = orders.filter(
      ({ acceptedAtMs }) => acceptedAtMs >= atMs && acceptedAtMs < atMs + MIN,
    );
    await takeIn(store, some);
    clock.step(atMs + DRAIN_AT_MS - clock.now());
    let [produced, dead] = [0, 0];
    // The last minute takes whatever is left of what is to end.
    do {
      const batchSize = Math.ceil(fate.left() / (MINUTES - minute)) + fate.due();
      const report = await drainOnce(store, clock, fate.producer(clock, minute), { batchSize });
      [produced, dead] = [produced + report.produced, dead + report.dead];
    } while (minute === MINUTES - 1 && fate.left() > 0);
    const cameIn = some.filter(({ submission }) => submission.produceAtMs === undefined).length;
    minutes.push({ atMs, cameIn, produced, dead });
  }
  // The last of those that wait behind many others.
  const last = orders.filter(
    ({ client, submission }) => client === 'shop' && submission.produceAtMs === undefined,
  );
  const canceled = last.slice(-rush.canceled).map(({ id }) => id);
  for (const id of canceled) await cancel(store, { id, nowMs: clock.now() });
  return { minutes, orders, canceled, nowMs: clock.now() };
}

/** Orders that came in the same moment go in together, as a client's batch. */
async function takeIn(store: Store, orders: readonly SeedOrder[]): Promise<void> {
  const moments = Map.groupBy(orders, ({ client, acceptedAtMs }) => `${client} ${acceptedAtMs}`);
  for (const some of moments.values()) await submitAll(store, some, some[0]?.acceptedAtMs ?? 0);
}

/** One drain whose time is up after one batch. */
export async function drainOnce(
  store: Store,
  clock: SteppedClock,
  producer: Producer,
  { batchSize, attemptsMax = ATTEMPTS_MAX }: { batchSize: number; attemptsMax?: number },
) {
  const limits = {
    batchSize,
    lanes: 1,
    leaseMs: 30_000,
    attemptsMax,
    isAnnounced: false,
  };
  const signal = new AbortController().signal;
  const outcome = await drainSlot(
    {
      ...{
        store,
        producer,
        clock,
        random: () => 0.5,
        log: () => undefined,
        metrics: NO_METRICS,
        unwritten: [],
      },
      lock: async () => ({ signal, release: async () => true }),
    },
    limits,
    // Time for one batch: before the next could begin, what is kept for settling is all that is left.
    {
      deadlineMs: clock.now() + 7_999 + PRODUCE_MS,
      drainId: drainIdOf(0, randomUUID()),
      slot: 0,
      trigger: 'schedule',
    },
  );
  return outcome.kind === 'drained' ? outcome.report : { produced: 0, dead: 0 };
}

/** What becomes of each order: by turns, until each kind has as many as the rush is to leave. */
function fates({ produced, dead: [down, unknownSku, noReason], toRetry }: Rush) {
  const left = { produced, down, unknownSku, noReason, toRetry };
  const kinds = new Map<string, keyof typeof left>();
  let due = 0;
  let nth = 0;

  function kindOf(minute: number): keyof typeof left {
    nth += 1;
    // The last minutes leave no time to die of attempts, and those to be retried are to be so still.
    const isLate = minute >= MINUTES - 5;
    if (isLate && left.toRetry > 0 && nth % 3 === 0) return 'toRetry';
    if (!isLate && left.down > 0 && minute > 15 && nth % 5 === 0) return 'down';
    if (left.unknownSku > 0 && nth % 120 === 7) return 'unknownSku';
    if (left.noReason > 0 && nth > 1_000) return 'noReason';
    return left.produced > 0 ? 'produced' : 'toRetry';
  }

  function answerOf(id: string, clock: SteppedClock, minute: number): ProducerAnswer {
    const known = kinds.get(id);
    const kind = known ?? kindOf(minute);
    if (known === undefined) left[kind] -= 1;
    kinds.set(id, kind);
    if (kind === 'produced')
      return { kind: 'produced', orderNumber: 'next', result: { erp: hostileReason(0) } };
    if (kind === 'unknownSku')
      return { kind: 'rejected', reason: `SKU "${nth}" is not known ${hostileReason(nth)}` };
    if (kind === 'noReason') return { kind: 'rejected', reason: 'No reason was given.' };
    const reason = `ERP: 503 for order ${900_000 + nth}`;
    if (kind === 'toRetry') return { kind: 'retry', reason, afterMs: 20 * MIN };
    due += 1;
    return { kind: 'retry', reason, afterMs: MIN - PRODUCE_MS - (clock.now() % 1_000) };
  }

  return {
    left: () => Object.values(left).reduce((sum, n) => sum + n, 0),
    /** How many the drain before has given back for another attempt. */
    due: () => due,
    producer:
      (clock: SteppedClock, minute: number): Producer =>
      async (batch) => {
        due = 0;
        clock.step(PRODUCE_MS);
        return new Map(batch.map(({ id }) => [id, answerOf(id, clock, minute)]));
      },
  };
}

/**
 * One order that was tried three times: it failed, its drain died with it, and it failed again, alone.
 *
 * @param endMs  when the last attempt failed, Unix milliseconds; it is tried again 17 s later
 */
export async function seedStory(store: Store, endMs: number): Promise<string> {
  const order = newOrder('536365', {
    client: 'shop',
    acceptedAtMs: endMs - 72_000,
    submission: { reference: 'PO-10042' },
  });
  const fails = (clock: SteppedClock, afterMs: number, tookMs: number): Producer => {
    return async ([claimed]) => {
      clock.step(tookMs);
      return new Map([[claimed?.id ?? '', { kind: 'retry', reason: 'ERP: 503', afterMs }]]);
    };
  };
  await submitAll(store, [order], order.acceptedAtMs);
  const clock = steppedClock(order.acceptedAtMs + 3_100);
  const alone = { batchSize: 1, attemptsMax: 24 };
  await drainOnce(store, clock, fails(clock, 3_000, 790), alone);
  // Whoever claims it now never says anything again.
  clock.step(10_000);
  const lost = { nowMs: clock.now(), clients: ['shop'], holder: drainIdOf(1, randomUUID()) };
  await claimReady(store, { ...lost, leaseMs: 30_000 });
  // The first drain after its lease has ended notices that, and a later one tries it alone.
  clock.step(31_000);
  await drainOnce(store, clock, fails(clock, 0, 0), alone);
  clock.step(endMs - 1_900 - clock.now());
  await drainOnce(store, clock, fails(clock, 17_000, 1_900), alone);
  return order.id;
}
