import { METRICS } from '../../lib/metrics/metric-names.ts';

/** What a month is like. Where a figure is no measurement, it is an assumption and says so. */
export interface Workload {
  readonly orders: number;
  /** Orders of one submit, 1 to 500. */
  readonly batch: number;
  /** Hours of the month over which the orders come, evenly; 730 is all of it. */
  readonly hours: number;
  /** Drains side by side: SLUICE_DRAIN_SLOTS. */
  readonly slots: number;
  readonly retentionDays: number;
  /** Whether SLUICE_EVENTS_URL is set. */
  readonly isAnnounced: boolean;
  /** Whether SLUICE_RATE_LIMIT is set. */
  readonly isLimited: boolean;
  readonly assumed: Assumptions;
}

/** None of these was measured on AWS or at a vendor: they are options, and printed. */
export interface Assumptions {
  /** A submit of one order, by Lambda's clock. */
  readonly submitMs: number;
  /** A batch of a drain. */
  readonly drainMs: number;
  /** What a kept order takes in the store. */
  readonly orderBytes: number;
  /**
   * What an invocation writes to the log: its own lines (525 bytes of a submit with its metrics, 650
   * of a drain that finds nothing, as run here) and Lambda's three.
   */
  readonly logBytes: number;
  /** Custom metrics of CloudWatch. */
  readonly metrics: number;
}

export const ASSUMED: Assumptions = {
  submitMs: 30,
  drainMs: 100,
  orderBytes: 1_000,
  logBytes: 1_000,
  // Each that there is; those of events are written only where events are on.
  metrics: Object.keys(METRICS).length,
};

export const HOURS_OF_MONTH = 730;
export const MINUTES_OF_MONTH = HOURS_OF_MONTH * 60;
export const DAYS_OF_MONTH = HOURS_OF_MONTH / 24;

/** Orders that are kept at any time, once retention has begun to take as many as come. */
export function keptOrders({ orders, retentionDays }: Workload): number {
  return (orders * retentionDays) / DAYS_OF_MONTH;
}

/** How the orders meet the drains, one a minute: in how many minutes, and how many in each. */
export function drainsOf({ orders, hours }: Workload): { busy: number; ordersOfEach: number } {
  const busy = Math.min(orders, hours * 60);
  return { busy, ordersOfEach: busy === 0 ? 0 : orders / busy };
}
