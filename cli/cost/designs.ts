import { METRICS } from '../../lib/metrics/metric-names.ts';
import measured from './measured.json' with { type: 'json' };
import { dollarsFor, type Priced, type UpstashPlan, upstashPlan } from './prices.ts';
import { DAYS_OF_MONTH, flowOf, MINUTES_OF_MONTH, type Workload } from './workload.ts';

/** One thing that is paid for. */
export interface Item {
  readonly name: Priced;
  readonly units: number;
  /** Of what a plan includes: 0, and the plan's price with the commands. */
  readonly dollars: number;
}

/** A way to take orders in and to produce them, and what a month of it costs. */
export interface Design {
  readonly name: string;
  readonly plan: UpstashPlan | undefined;
  readonly items: readonly Item[];
  readonly dollars: number;
}

type Units = Partial<Record<Priced, number>>;

/** Not measured on AWS: the report says so. Milliseconds by Lambda's clock, bytes of log. */
export const ASSUMED = {
  submitMs: 30,
  batchedOrderMs: 0.3,
  drainMs: 100,
  logBytes: 1_000,
} as const;

/** Memory of the functions, as serverless.yml has it. */
export const MEMORY_MB = {
  'submit-order': 512,
  'submit-batch': 1_024,
  'drain-queue': 512,
} as const;

export function designsFor(workload: Workload, isFreeTier: boolean): Design[] {
  const priced = (name: string, units: Units) =>
    pricedDesign(name, units, { workload, isFreeTier });
  return [
    priced('Sluice', sluice(workload)),
    priced('SQS + DynamoDB', sqsWithDynamo(workload)),
    priced('BullMQ on Upstash', bullmq(workload)),
  ];
}

/** Of the idle minutes, every fifth is noted. */
export const IDLE_NOTED = 1 / 5;

/** Billed commands of Sluice, by what they are for: straight lines through what was measured. */
export function sluiceCommands(workload: Workload) {
  const { orders, isAnnounced, isLimited, hasStock } = workload;
  const { submits, busyMinutes, batches, idleMinutes, keptOrders } = flowOf(workload);
  const line = linesThrough(measured.sluice);
  const { drainOfNone, retentionOfNone, limitedRequest, ...counts } = measured.sluice;
  // Each drain leaves the queue empty, so the first submit after it costs more.
  const toEmptyQueue = counts.submitToEmptyQueue - counts.submitOfOne;
  const announced = 2 * batches + orders * (counts.announceOfHundred / 100);
  const passesWithStock = orders === 0 ? 0 : DAYS_OF_MONTH * counts.passWithStock;
  const announcing = busyMinutes * counts.announceLock + MINUTES_OF_MONTH * counts.announceOfNone;
  return {
    submits:
      submits * line.submit +
      orders * line.submitOrder +
      Math.min(submits, busyMinutes) * toEmptyQueue,
    drains: busyMinutes * line.drain + batches * line.batch + orders * line.order,
    idleDrains: idleMinutes * (drainOfNone + IDLE_NOTED),
    upkeep:
      orders === 0
        ? 0
        : DAYS_OF_MONTH * (line.pass + retentionOfNone + line.keptOrder * keptOrders) +
          orders * line.retainedOrder,
    events: isAnnounced ? announced + announcing : 0,
    stock: hasStock
      ? submits * counts.submitWithStock + batches * counts.drainWithStock + passesWithStock
      : 0,
    rateLimit: isLimited ? submits * limitedRequest + Math.min(submits, busyMinutes) : 0,
  };
}

export type Commands = ReturnType<typeof sluiceCommands>;

/** Of a submit, `submit + submitOrder × orders`; of a drain, `drain + batch × batches + order × orders`. */
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

export function totalOf(commands: Commands): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0);
}

function sluice(workload: Workload): Units {
  const { batches, idleMinutes, keptGb } = flowOf(workload);
  // A drain that finds nothing takes about a submit's time.
  const drainMs = batches * ASSUMED.drainMs + idleMinutes * ASSUMED.submitMs;
  return {
    upstashCommands: totalOf(sluiceCommands(workload)),
    upstashStorage: keptGb,
    ...frontOf(workload, MINUTES_OF_MONTH * workload.slots, drainMs),
  };
}

/** SQS: messages per request at most, whether sent, received or deleted. */
const SQS_BATCH = 10;
/** Lambda's five pollers of an idle queue each wait for 20 s at a time. */
const SQS_POLLS_PER_MINUTE = 15;
const WRITE_BYTES = 1_024;

/**
 * At its best: one conditional write is order and idempotency record, one message, a consumer that gets
 * a hundred at a time, and one write of the outcome. That a write and its message can part, which an
 * outbox or a stream would fix, is not paid for.
 */
function sqsWithDynamo(workload: Workload): Units {
  const { orders, batch, orderBytes } = workload;
  const { submits, perMinute, batches, keptGb } = flowOf(workload);
  const receives = orders / Math.min(SQS_BATCH, Math.max(1, perMinute));
  return {
    sqsRequests:
      submits * Math.ceil(batch / SQS_BATCH) +
      2 * receives +
      MINUTES_OF_MONTH * SQS_POLLS_PER_MINUTE,
    dynamoWrites: 2 * orders * Math.ceil(orderBytes / WRITE_BYTES),
    dynamoStorage: keptGb,
    ...frontOf(workload, batches, batches * ASSUMED.drainMs),
  };
}

/** At its best: the machine on which its worker must run all the time is not paid for. */
function bullmq(workload: Workload): Units {
  const { lifeOfOne, idleMinute } = measured.bullmq;
  return {
    upstashCommands: workload.orders * lifeOfOne + MINUTES_OF_MONTH * idleMinute,
    upstashStorage: flowOf(workload).keptGb,
    ...frontOf(workload, 0, 0),
  };
}

/** An instance in use reads its secret every four minutes. */
const SECRET_MINUTES = 4;

/** What each needs to take orders in over HTTP, and the invocations behind. */
function frontOf(workload: Workload, invocations: number, drainMs: number): Units {
  const { batch } = workload;
  const { submits, busyMinutes } = flowOf(workload);
  const submitMb = MEMORY_MB[batch === 1 ? 'submit-order' : 'submit-batch'];
  const submitMs = submits * (ASSUMED.submitMs + (batch - 1) * ASSUMED.batchedOrderMs);
  const drainMinutes = Math.min(invocations, MINUTES_OF_MONTH);
  return {
    apiRequests: submits,
    lambdaRequests: submits + invocations,
    lambdaGbSeconds: (submitMs * submitMb + drainMs * MEMORY_MB['drain-queue']) / 1_024 / 1_000,
    logs: ((submits + invocations) * ASSUMED.logBytes) / 1_000_000_000,
    metrics: Object.keys(METRICS).length,
    secrets: 1,
    secretReads: (busyMinutes + drainMinutes) / SECRET_MINUTES,
  };
}

function pricedDesign(
  name: string,
  units: Units,
  { workload, isFreeTier }: { readonly workload: Workload; readonly isFreeTier: boolean },
): Design {
  const { upstashCommands: commands, upstashStorage: storageGb = 0 } = units;
  const { readRegions } = workload;
  const upstash =
    commands === undefined
      ? undefined
      : upstashPlan({ commands, storageGb, readRegions }, isFreeTier);
  const items = Object.entries(units).map(([key, count]) => {
    const item = key as Priced;
    const inPlan = item === 'upstashCommands' ? (upstash?.dollars ?? 0) : 0;
    const dollars = item.startsWith('upstash') ? inPlan : dollarsFor(item, count, isFreeTier);
    return { name: item, units: count, dollars };
  });
  const dollars = items.reduce((sum, item) => sum + item.dollars, 0);
  return { name, plan: upstash?.plan, items, dollars };
}
