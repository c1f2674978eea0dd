/** What a month is like. */
export interface Workload {
  readonly orders: number;
  /** Orders per submit, 1 to 500. */
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
  /** Whether SLUICE_STOCK is on, and every order wants a SKU that is tracked. */
  readonly hasStock: boolean;
  /** Read regions of the Upstash database. */
  readonly readRegions: number;
  /** What a kept order takes in the store. */
  readonly orderBytes: number;
}

export const HOURS_OF_MONTH = 730;
export const MINUTES_OF_MONTH = HOURS_OF_MONTH * 60;
export const DAYS_OF_MONTH = HOURS_OF_MONTH / 24;
/** Orders that a drain claims at once: SLUICE_BATCH_SIZE by default. */
const CLAIMED_MAX = 500;

/** What every design makes of a workload: one drain a minute while orders come. */
export function flowOf({ orders, batch, hours, slots, retentionDays, orderBytes }: Workload) {
  const busyMinutes = Math.min(orders, hours * 60);
  const perMinute = busyMinutes === 0 ? 0 : orders / busyMinutes;
  return {
    submits: orders / batch,
    busyMinutes,
    perMinute,
    batches: busyMinutes * Math.ceil(perMinute / CLAIMED_MAX),
    idleMinutes: Math.max(0, MINUTES_OF_MONTH * slots - busyMinutes),
    keptOrders: (orders * retentionDays) / DAYS_OF_MONTH,
    keptGb: (orders * retentionDays * orderBytes) / DAYS_OF_MONTH / 1_000_000_000,
  };
}
