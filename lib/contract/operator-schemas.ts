import * as z from 'zod/mini';
import { count, instantSchema, orderIdSchema, problemSchema } from './schemas.ts';

/** What operators get, defined as `schemas.ts` defines what clients get. */

/** A pause of all drains. It ends by itself. */
export const pauseSchema = z.object({
  /** The client that asked for it. */
  by: z.string(),
  reason: z.optional(z.string()),
  since: instantSchema,
  until: instantSchema,
});

/** The kinds of findings that upkeep tells apart, with how many there were of each. */
const findings = z.record(z.string(), count);

/** The last pass that repaired, of the daily upkeep or of `sluice reconcile --repair`. */
export const upkeepSchema = z.object({
  startedAt: instantSchema,
  endedAt: instantSchema,
  /** Whether it came to its end: it stops when its time is up. */
  isComplete: z.boolean(),
  /** Orders that are kept, as the pass saw them. */
  orders: count,
  /** Of these, the ones that are where their state says, repaired ones included. */
  accountedFor: count,
  found: findings,
  repaired: findings,
  /** The first findings, 100 at most. */
  listed: z.array(z.object({ kind: z.string(), id: z.string() })),
});

/** Orders that become due by themselves, within a day. Leased ones are not among them. */
export const upcomingSchema = z.object({
  /** By the minute for the next hour, then by the hour; times at which nothing becomes due are left out. */
  due: z.array(
    z.object({
      /** When the first of these becomes due. */
      at: instantSchema,
      /** Due for the first time. */
      scheduled: count,
      /** Due after a failed attempt, or after a redrive. */
      retries: count,
      /** One or the other: only the soonest 4,000 are read. */
      unread: count,
    }),
  ),
  /** Orders that become due after a day, or that were not counted. */
  later: count,
});

const statsDetail = z.object({
  /** The depth of a client's queue past which its submits are refused. */
  queueMax: count,
  scheduledMax: count,
  attemptsMax: count,
  /** The shortest time between two wake-ups; `null` where submits wake no drain. */
  wakeIntervalMs: z.nullable(count),
  /** What is kept of each client, the deepest queue first, 100 clients at most. */
  clients: z.array(z.object({ client: z.string(), queued: count, pending: count, dead: count })),
  upcoming: upcomingSchema,
  /** Commands that the database has executed since it was started; `null` where it does not tell. */
  commandsExecuted: z.nullable(count),
  /** `null` before the first pass. */
  upkeep: z.nullable(upkeepSchema),
});

export const statsSchema = z.object({
  queued: count,
  producing: count,
  scheduled: count,
  dead: count,
  produced: count,
  canceled: count,
  /** How long the oldest ready order has waited. */
  oldestQueuedAgeMs: z.nullable(count),
  /** Names the counts that are not exact. */
  approximate: z.array(z.string()),
  /** Only while the drains are paused. */
  pause: z.optional(pauseSchema),
  /** Only if asked for with `detail=true`. */
  detail: z.optional(statsDetail),
});

/** What one drain did. */
export const drainReportSchema = z.object({
  claimed: count,
  produced: count,
  retried: count,
  dead: count,
  /** Orders that are ready and were not claimed. */
  remaining: z.clone(count),
});

/** One order of a list that could not be changed. */
const refusedChange = z.object({
  id: orderIdSchema,
  status: z.literal([404, 409, 410]),
  problem: problemSchema,
});

export const redrivenSchema = z.object({
  redriven: count,
  /** If ids were given: what became of each, in their order. */
  results: z.optional(
    z.array(z.union([z.object({ id: orderIdSchema, status: z.literal(202) }), refusedChange])),
  ),
});

export const canceledSchema = z.object({
  canceled: count,
  /** What became of each order, in the request's order. */
  results: z.array(
    z.union([z.object({ id: orderIdSchema, status: z.literal(200) }), refusedChange]),
  ),
});

export const resumedSchema = z.object({ resumed: z.boolean() });

export type PauseDocument = z.infer<typeof pauseSchema>;
export type UpcomingDocument = z.infer<typeof upcomingSchema>;
export type UpkeepDocument = z.infer<typeof upkeepSchema>;
export type Stats = z.infer<typeof statsSchema>;
export type DrainReport = z.infer<typeof drainReportSchema>;
export type Redriven = z.infer<typeof redrivenSchema>;
export type Canceled = z.infer<typeof canceledSchema>;
export type Resumed = z.infer<typeof resumedSchema>;
