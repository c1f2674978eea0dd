import * as z from 'zod/mini';
import { count, instantSchema, orderIdSchema } from './schemas.ts';

/** Dead orders that died of the same reason. */
export const reasonGroupSchema = z.object({
  /** The reason, with what differs from order to order masked. */
  reason: z.string(),
  /** The reason of the last of them to die, as it was given. */
  example: z.string(),
  count,
  /** How many of each client. */
  clients: z.record(z.string(), count),
  /** By currency, in its minor unit. Digits, as a sum may be above 2^53. */
  sums: z.record(z.string(), z.string().check(z.regex(/^\d+$/))),
  firstAt: instantSchema,
  lastAt: instantSchema,
  attemptsMin: count,
  attemptsMax: count,
  /** How many of them were put back before, and died again. */
  redrivenBefore: count,
  /** First the one that died first. */
  ids: z.array(orderIdSchema),
});

export const reasonsSchema = z.object({
  /** The largest group first. */
  groups: z.array(reasonGroupSchema),
  /** How many of the dead orders were read, the last to die first, and how many there are. */
  examined: count,
  dead: count,
});

export type Reasons = z.infer<typeof reasonsSchema>;
export type ReasonGroup = z.infer<typeof reasonGroupSchema>;
