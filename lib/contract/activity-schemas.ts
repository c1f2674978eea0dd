import * as z from 'zod/mini';
import { count, instantSchema } from './schemas.ts';

/** How a drain can end. */
const DRAIN_ENDINGS = [
  /** Nothing more was ready. */
  'empty',
  'time-up',
  'producer-down',
  /** Its lock was taken: by a pause, or after its lease. */
  'lock-lost',
  /** Redis failed it. */
  'store-failed',
] as const;

const drainMembers = {
  startedAt: instantSchema,
  endedAt: instantSchema,
  slot: count,
  /** Whether a submit woke it. */
  isWoken: z.boolean(),
  claimed: count,
  produced: count,
  retried: count,
  dead: count,
  /** Orders that were ready when it ended; `null` where it could not tell. */
  depth: z.nullable(count),
  /** How long the oldest order that it claimed had been ready. */
  oldestAgeMs: count,
  ending: z.enum(DRAIN_ENDINGS),
  /** The reason of its last failed attempt. */
  error: z.optional(z.string()),
};

const bucket = z.object({
  at: instantSchema,
  /**
   * Orders that came in: new ones, and scheduled ones when they are first tried; not retries and not what
   * was redriven. `null` where the depth before is unknown.
   */
  cameIn: z.nullable(z.int()),
  claimed: count,
  produced: count,
  retried: count,
  dead: count,
  drains: count,
  /** Of these, the ones that a submit woke. */
  woken: count,
  /** Ready orders at the end of it; `null` where no drain looked. */
  depth: z.nullable(count),
  oldestAgeMs: z.nullable(count),
  /** Produced orders by the time from ready to produced; see `latencyBoundsMs`. */
  latencies: z.array(count),
  /** Estimated from `latencies`. */
  p50Ms: z.nullable(count),
  p95Ms: z.nullable(count),
});

export const activitySchema = z.object({
  from: instantSchema,
  to: instantSchema,
  stepMinutes: count,
  /** Upper bounds of `latencies`; its last count is of those above them all. */
  latencyBoundsMs: z.array(count),
  buckets: z.array(bucket),
  /** The last drains that claimed something, newest first, 20 at most. */
  drains: z.array(z.object(drainMembers)),
  /** When a drain was last known to run: one that finds nothing says so every fifth minute. */
  lastSeenAt: z.nullable(instantSchema),
});

export type Activity = z.infer<typeof activitySchema>;
