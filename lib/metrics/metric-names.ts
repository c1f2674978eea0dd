/** How a metric is written: alarms, the dashboard and `docs/runbook.md` are held against it. */
export interface MetricDefinition {
  /** As CloudWatch names it. */
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /**
   * Whether what is noted until the flush is added up to one value. Otherwise each value counts by
   * itself, so that there are averages, maxima and percentiles of them.
   */
  readonly isSum: boolean;
  /** Whether it has a `Reason` in addition to the `Stage` that each has. */
  readonly hasReason?: true;
}

/** Below which all of Sluice's metrics are. */
export const NAMESPACE = 'Sluice';

const SUM = { unit: 'Count', isSum: true } as const;
const COUNT = { unit: 'Count', isSum: false } as const;
const SECONDS = { unit: 'Seconds', isSum: false } as const;
const MILLISECONDS = { unit: 'Milliseconds', isSum: false } as const;

/**
 * Every metric. Each costs by the month, and so does each value of a dimension: so they are few, and
 * have the stage as their one dimension.
 */
export const METRICS = {
  /** Orders that were taken in. */
  OrdersAccepted: SUM,
  /** Repeats that were answered with the first receipt. */
  OrdersReplayed: SUM,
  /** Requests answered with a problem, and orders of a batch that were; `Reason` is the problem type. */
  Refused: { ...SUM, hasReason: true },
  /** Ids in a client's queue after a submit; orders that are ready as a drain ends. */
  QueueDepth: COUNT,
  /** Since when the oldest order of a claim could have been produced: since it was accepted, or its `produceAt`; 0 where none was ready. */
  OldestOrderAge: SECONDS,
  /** Orders of a claim that had any. */
  BatchSize: COUNT,
  /** Of a drain that came to its end, from its lock on. */
  DrainDuration: MILLISECONDS,
  /** Orders that were settled as produced. */
  OrdersProduced: SUM,
  /** Attempts that failed and are made again. */
  OrdersRetried: SUM,
  /** Orders that became dead letters. */
  OrdersDead: SUM,
  /** Of each produced order, from when it could have been produced until it was settled. */
  OrderToProducedTime: SECONDS,
  /** Units left of each of the ten scarcest SKUs, as a drain ends that has produced orders; only with stock. */
  StockLeft: COUNT,
  /** Of a sending to Redis that was answered; one that needs two requests counts once. */
  RedisLatency: MILLISECONDS,
  /** Sendings to Redis that failed, also those that were repeated with success. */
  RedisErrors: SUM,
  /** Redis commands as they are billed: what a script typically is, within a fifth. */
  BilledCommands: SUM,
  /** Passes of reconcile that came to their end. */
  ReconcilePasses: SUM,
  /** What a pass found and could not repair. */
  ReconcileUnrepaired: SUM,
  /** Of the oldest event as the announcer begins, 0 where none waits; only where events are on. */
  OldestEventAge: SECONDS,
  /** Events that the receiver refused and that were set aside. */
  EventsSetAside: SUM,
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
