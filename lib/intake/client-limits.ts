import type { Config } from '../config.ts';

/** What one client may use. */
export interface ClientLimits {
  /** Orders that may wait, and that may be scheduled. */
  readonly queued: number;
  readonly scheduled: number;
  /** About how many bytes of the database all its orders may take. */
  readonly bytes: number;
  /** 0 where that is not limited. */
  readonly ordersPerMinute: number;
}

/** The part of the configuration that says what clients may use. */
export type Limited = Pick<
  Config,
  'queueMax' | 'scheduledMax' | 'storageBytes' | 'storageShare' | 'rateLimit' | 'clientLimits'
>;

/** The limits of each client: its own where the deployment sets them, else those of all. */
export function clientLimitsOf(config: Limited): (client: string) => ClientLimits {
  return (client) => {
    const own = config.clientLimits.get(client) ?? {};
    const share = own.storageShare ?? config.storageShare;
    const isRateLimited = config.rateLimit > 0;
    return {
      queued: own.queued ?? config.queueMax,
      scheduled: own.scheduled ?? config.scheduledMax,
      bytes: (config.storageBytes * share) / 100,
      ordersPerMinute: isRateLimited ? (own.ordersPerMinute ?? config.rateLimit) : 0,
    };
  };
}

/**
 * How much of the database new orders may fill. What is left is for states, leases, results and events
 * of the orders that are there, for the error of what is counted, and for what other instances take in
 * before they hear that it is full.
 */
const INTAKE_PART = 0.85;

/** About how many bytes the orders of all clients may take for a new one to be accepted. */
export function intakeBytesOf({ storageBytes }: Pick<Config, 'storageBytes'>): number {
  return INTAKE_PART * storageBytes;
}
