import * as z from 'zod/mini';
import { pauseSchema } from './operator-schemas.ts';
import { count, instantSchema, orderIdSchema } from './schemas.ts';

/** Why an order is not produced. */
const EXPLANATION_KINDS = [
  'scheduled',
  'leased',
  'unanswered',
  'retry',
  'waiting',
  'producer-down',
  'no-drain',
  'paused',
  'dead',
  'canceled',
  'produced',
  'stranded',
  'lost',
] as const;

const EXPLANATION_OFFERS = [
  'cancel',
  'redrive',
  'drain',
  'pause',
  'resume',
  'reasons',
  'reconcile',
  'runbook',
] as const;

const facts = z.partial(
  z.object({
    /** When it is due: scheduled, or tried again. */
    dueAt: instantSchema,
    attempts: count,
    attemptsMax: count,
    lastError: z.object({ reason: z.string(), at: instantSchema }),
    /** Who has it, or had it. */
    token: count,
    slot: count,
    holder: z.string(),
    claimedAt: instantSchema,
    leaseEndsAt: instantSchema,
    /** How many of its client's orders are before it, if that is known. */
    before: count,
    /** How many of its client's orders wait. */
    depth: count,
    /** Orders that all drains took in a second lately. */
    ordersPerSecond: z.number(),
    turnAt: instantSchema,
    lastDrainAt: instantSchema,
    /** How many drains in a row ended because the producer is down. */
    failedDrains: count,
    producerError: z.string(),
    pause: pauseSchema,
    endedAt: instantSchema,
    orderNumber: count,
    /** How many others died of the same, among the newest dead orders of its client. */
    sameReason: z.object({ count, examined: count }),
    /** When the daily pass runs next. */
    repairAt: instantSchema,
  }),
);

export const explanationSchema = z.object({
  id: orderIdSchema,
  kind: z.enum(EXPLANATION_KINDS),
  sentence: z.string(),
  facts,
  /** What may be done about it, the likeliest first. */
  offers: z.array(z.enum(EXPLANATION_OFFERS)),
  /** When the facts were read. */
  at: instantSchema,
});

export type Explanation = z.infer<typeof explanationSchema>;
