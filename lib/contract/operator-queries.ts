import * as z from 'zod/mini';
import { must } from '../orders/faults.ts';
import { ID_PATTERN } from '../orders/identity.ts';
import { instant, limit, wholeTo } from './queries.ts';

/** The most orders that one request redrives or cancels by id. */
const IDS_MAX = 100;
/** The most dead orders that are read to group them by reason. */
const REASONS_ORDERS_MAX = 1_000;
const PAUSE_MS_MAX = 3_600_000;
const PAUSE_REASON = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
/** The longest step, and the most steps, of an answer. */
const STEP_MINUTES_MAX = 1_440;
export const STEPS_MAX = 1_500;
/** How far back activity is kept. */
export const ACTIVITY_DAYS = 7;

const IDS_RULE = must(`an array of 1 to ${IDS_MAX} order ids`);
const ids = z
  .array(z.string(IDS_RULE).check(z.regex(ID_PATTERN, must('an order id'))), IDS_RULE)
  .check(z.minLength(1, IDS_RULE), z.maxLength(IDS_MAX, IDS_RULE));

/** The body of `POST /orders/cancel`. */
export const cancelManySchema = z.strictObject({ ids }, must('a JSON object with ids'));

const REDRIVE_RULE = must('a JSON object, which may have ordersPerSecond, and limit or ids');

/** The body of `POST /dead-letters/redrive`. */
export const redriveSchema = z
  .strictObject(
    {
      limit: z.optional(wholeTo(1_000)),
      ids: z.optional(ids),
      ordersPerSecond: z.optional(wholeTo(1_000)),
    },
    REDRIVE_RULE,
  )
  .check(
    z.refine((body) => body.limit === undefined || body.ids === undefined, {
      error: 'Must have limit or ids, not both.',
    }),
  );

const FOR_RULE = must('a whole number of milliseconds from 1,000 to 3,600,000');

/** The body of `POST /pause`. */
export const pauseRequestSchema = z.strictObject(
  {
    forMs: z
      .int({ ...FOR_RULE, abort: true })
      .check(z.minimum(1_000, FOR_RULE), z.maximum(PAUSE_MS_MAX, FOR_RULE)),
    reason: z.optional(
      z
        .string(must('a string of 1 to 200 characters without control characters'))
        .check(
          z.regex(PAUSE_REASON, must('a string of 1 to 200 characters without control characters')),
        ),
    ),
  },
  must('a JSON object with forMs, which may have reason'),
);

/** The query of `GET /activity`. `step` is in minutes. */
export const activityQuerySchema = z.object({
  from: z.optional(instant),
  to: z.optional(instant),
  step: limit(STEP_MINUTES_MAX, 1),
});

/** The query of `GET /dead-letters/reasons`. */
export const reasonsQuerySchema = z.object({
  limit: limit(REASONS_ORDERS_MAX, REASONS_ORDERS_MAX),
});

/** The query of `GET /stats`. */
export const statsQuerySchema = z.object({
  detail: z._default(z.enum(['true', 'false'], must('true or false')), 'false'),
});

export type RedriveBody = z.output<typeof redriveSchema>;
