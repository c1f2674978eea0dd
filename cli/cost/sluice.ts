import measured from './measured.json' with { type: 'json' };
import {
  DAYS_OF_MONTH,
  drainsOf,
  keptOrders,
  MINUTES_OF_MONTH,
  type Workload,
} from './workload.ts';

/** Orders that a drain claims at once: SLUICE_BATCH_SIZE as it is by default. */
const CLAIMED_MAX = 100;
/** How many events one run announces before it asks for more. */
const EVENTS_PAGE = 100;

/** Billed commands of Sluice in a month, by what they are for. */
export interface Commands {
  readonly submits: number;
  readonly drains: number;
  readonly idleDrains: number;
  readonly dailyPass: number;
  readonly retention: number;
  readonly events: number;
  readonly rateLimit: number;
}

/**
 * Lines through what was measured: of a submit, `submit + ofOrder × orders`; of a drain,
 * `drain + batch × batches + order × orders`; of the daily pass, `pass + keptOrder × orders`.
 */
export function linesThrough(counts: typeof measured.sluice) {
  const { submitOfTen, submitOfHundred, drainOfFifty, drainOfHundred, drainOfTwoHundred } = counts;
  const submitOrder = (submitOfHundred - submitOfTen) / 90;
  const order = (drainOfHundred - drainOfFifty) / 50;
  const batch = drainOfTwoHundred - drainOfHundred - 100 * order;
  const keptOrder = (counts.passOverFourThousand - counts.passOverThousand) / 3_000;
  return {
    submit: submitOfTen - 10 * submitOrder,
    submitOrder,
    drain: drainOfHundred - batch - 100 * order,
    batch,
    order,
    pass: counts.passOverThousand - 1_000 * keptOrder,
    keptOrder,
    retainedOrder: (counts.retentionOfFourThousand - counts.retentionOfNone) / 4_000,
  };
}

/** What a month costs in billed commands, from those that were measured. */
export function sluiceCommands(workload: Workload): Commands {
  const { orders, batch, slots, isAnnounced, isLimited } = workload;
  const counts = measured.sluice;
  const line = linesThrough(counts);
  const { busy, ordersOfEach } = drainsOf(workload);
  const submits = orders / batch;
  const batches = busy * Math.ceil(ordersOfEach / CLAIMED_MAX);
  const runs = isAnnounced ? busy : 0;
  return {
    submits: submits * line.submit + orders * line.submitOrder,
    drains: busy * line.drain + batches * line.batch + orders * line.order,
    idleDrains: Math.max(0, MINUTES_OF_MONTH * slots - busy) * counts.drainOfNone,
    dailyPass:
      orders === 0
        ? 0
        : DAYS_OF_MONTH *
          (line.pass + counts.retentionOfNone + line.keptOrder * keptOrders(workload)),
    retention: orders * line.retainedOrder,
    events: isAnnounced
      ? 2 * batches +
        (orders / EVENTS_PAGE) * counts.announceOfHundred +
        runs * counts.announceLock +
        MINUTES_OF_MONTH * counts.announceOfNone
      : 0,
    rateLimit: isLimited ? submits * counts.limitedRequest + Math.min(submits, busy) : 0,
  };
}

export function totalOf(commands: Commands): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0);
}
