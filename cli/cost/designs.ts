import measured from './measured.json' with { type: 'json' };
import { dollarsFor, type Priced, UPSTASH_FREE_PLAN } from './prices.ts';
import { sluiceCommands, totalOf } from './sluice.ts';
import { drainsOf, keptOrders, MINUTES_OF_MONTH, type Workload } from './workload.ts';

/** One thing that is paid for. */
export interface Item {
  readonly name: Priced;
  readonly units: number;
  readonly dollars: number;
}

/** A way to take orders in and to produce them, and what a month of it costs. */
export interface Design {
  readonly name: string;
  readonly items: readonly Item[];
  readonly dollars: number;
}

const GB = 1_000_000_000;
/** Memory of the functions, as serverless.yml has it. */
export const MEMORY_MB = {
  'submit-order': 512,
  'submit-batch': 1_024,
  'drain-queue': 512,
} as const;
/** What an order adds to a submit of many, beside what one costs; an assumption as they all are. */
const BATCHED_ORDER_MS = 0.3;
/** SQS: messages of one request at most, whether sent, received or deleted. */
const SQS_BATCH = 10;
/** Lambda's pollers of an idle queue, five of them, each waits for 20 s at a time. */
const SQS_POLLS_A_MINUTE = 15;
const WRITE_BYTES = 1_024;
const CLAIMED_MAX = 100;

export function designsFor(workload: Workload, isFreeTier: boolean): Design[] {
  const designs: [string, Partial<Record<Priced, number>>][] = [
    ['Sluice', sluice(workload)],
    ['SQS + DynamoDB', sqsWithDynamo(workload)],
    ['BullMQ on Upstash', bullmq(workload)],
  ];
  return designs.map(([name, units]) => priced(name, units, isFreeTier));
}

/** What units cost together, and each of them. */
export function priced(
  name: string,
  units: Partial<Record<Priced, number>>,
  isFreeTier: boolean,
): Design {
  const isFreePlan =
    isFreeTier &&
    (units.upstashCommands ?? 0) <= UPSTASH_FREE_PLAN.commands &&
    (units.upstashStorage ?? 0) <= UPSTASH_FREE_PLAN.storageGb;
  const items = Object.entries(units).map(([key, count]) => {
    const item = key as Priced;
    const isFree = isFreePlan && item.startsWith('upstash');
    return {
      name: item,
      units: count,
      dollars: isFree ? 0 : dollarsFor(item, count, isFreeTier),
    };
  });
  return { name, items, dollars: items.reduce((sum, { dollars }) => sum + dollars, 0) };
}

function sluice(workload: Workload) {
  const { slots, assumed } = workload;
  const { busy } = drainsOf(workload);
  const batches = batchesOf(workload);
  // A drain that finds nothing makes three requests: about a submit's time, and less than a batch's.
  const idleMs = Math.min(assumed.submitMs, assumed.drainMs);
  const drainMs = batches * assumed.drainMs + (MINUTES_OF_MONTH * slots - busy) * idleMs;
  return {
    upstashCommands: totalOf(sluiceCommands(workload)),
    upstashStorage: (keptOrders(workload) * assumed.orderBytes) / GB,
    ...frontOf(workload, MINUTES_OF_MONTH * slots, drainMs),
    metrics: assumed.metrics,
  };
}

/**
 * The best case for it: one conditional write that is order and idempotency record, one message, a
 * consumer that is handed a hundred at a time, and one write of the outcome. That a write and its
 * message can part, which an outbox or a stream would mend, is not paid for.
 */
function sqsWithDynamo(workload: Workload) {
  const { orders, batch, assumed } = workload;
  const writesOfOne = Math.ceil(assumed.orderBytes / WRITE_BYTES);
  const sends = (orders / batch) * Math.ceil(batch / SQS_BATCH);
  const receives = orders / Math.min(SQS_BATCH, Math.max(1, drainsOf(workload).ordersOfEach));
  const batches = batchesOf(workload);
  return {
    sqsRequests: sends + 2 * receives + MINUTES_OF_MONTH * SQS_POLLS_A_MINUTE,
    dynamoWrites: orders * (writesOfOne + writesOfOne),
    dynamoStorage: (keptOrders(workload) * assumed.orderBytes) / GB,
    ...frontOf(workload, batches, batches * assumed.drainMs),
    metrics: assumed.metrics,
  };
}

/** The best case for it: the machine on which its worker must run all the time is not paid for. */
function bullmq(workload: Workload) {
  const { orders, assumed } = workload;
  const { lifeOfOne, idleMinute } = measured.bullmq;
  return {
    upstashCommands: orders * lifeOfOne + MINUTES_OF_MONTH * idleMinute,
    upstashStorage: (keptOrders(workload) * assumed.orderBytes) / GB,
    ...frontOf(workload, 0, 0),
    metrics: assumed.metrics,
  };
}

function batchesOf(workload: Workload): number {
  const { busy, ordersOfEach } = drainsOf(workload);
  return busy * Math.ceil(ordersOfEach / CLAIMED_MAX);
}

/** What all of them need to take orders in over HTTP, and the invocations behind. */
function frontOf({ orders, batch, assumed }: Workload, invocations: number, drainMs: number) {
  const submits = orders / batch;
  const submitMb = MEMORY_MB[batch === 1 ? 'submit-order' : 'submit-batch'];
  const submitMs = submits * (assumed.submitMs + (batch - 1) * BATCHED_ORDER_MS);
  return {
    apiRequests: submits,
    lambdaRequests: submits + invocations,
    lambdaGbSeconds: (submitMs * submitMb + drainMs * MEMORY_MB['drain-queue']) / 1_024 / 1_000,
    logs: ((submits + invocations) * assumed.logBytes) / GB,
  };
}
