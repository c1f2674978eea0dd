import { z } from 'zod';
import { Failure } from './failure.ts';
import type { Answer, Send } from './http.ts';
import { type Problem, parseJson, readProblem } from './problem.ts';

/** The routes of the API that the command calls: one function each. */
export interface Api {
  /** POST /orders. Submitting again what was accepted gives the same receipt and no second order. */
  readonly submit: (submit: Submit) => Promise<Submitted>;
  /** GET /orders/{id} */
  readonly getOrder: (id: string) => Promise<Found>;
  /** GET /stats */
  readonly stats: () => Promise<Stats>;
  /** POST /drain */
  readonly drain: () => Promise<Drained>;
}

export interface Submit {
  readonly idempotencyKey: string;
  readonly order: Readonly<Record<string, unknown>>;
  /** Ends the waiting for another try. */
  readonly stop?: AbortSignal;
}

const receiptSchema = z.object({
  id: z.string(),
  currency: z.string(),
  totalAmount: z.int(),
});

const orderSchema = z.looseObject({
  ...receiptSchema.shape,
  status: z.string(),
  customer: z.string(),
  acceptedAt: z.string(),
  reference: z.string().optional(),
  client: z.string().optional(),
  produceAt: z.string().optional(),
  lines: z.array(
    z.looseObject({
      sku: z.string(),
      quantity: z.int(),
      unitAmount: z.int(),
      description: z.string().optional(),
    }),
  ),
  metadata: z.record(z.string(), z.string()).optional(),
  attempts: z.int().optional(),
  updatedAt: z.string().optional(),
  orderNumber: z.union([z.string(), z.number()]).optional(),
  producedAt: z.string().optional(),
  result: z.unknown().optional(),
  lastError: z.object({ reason: z.string(), at: z.string() }).optional(),
});

const statsSchema = z.looseObject({
  queued: z.int(),
  producing: z.int(),
  scheduled: z.int(),
  dead: z.int(),
  produced: z.int(),
  canceled: z.int(),
  oldestQueuedAgeMs: z.number().nullable(),
  approximate: z.array(z.string()),
});

const drainReportSchema = z.looseObject({
  claimed: z.int(),
  produced: z.int(),
  retried: z.int(),
  dead: z.int(),
  remaining: z.int(),
});

export type Receipt = z.infer<typeof receiptSchema>;
export type Order = z.infer<typeof orderSchema>;
export type Stats = z.infer<typeof statsSchema>;
export type DrainReport = z.infer<typeof drainReportSchema>;

export type Submitted =
  | { kind: 'accepted'; receipt: Receipt; isReplay: boolean }
  | { kind: 'refused'; problem: Problem };
export type Found = { kind: 'found'; order: Order } | { kind: 'not-found' };
export type Drained = { kind: 'drained'; report: DrainReport } | { kind: 'locked' };

const DEADLINE_MS = 30 * 1000;
/** A drain runs for 20 s at most, and settles what it has claimed. */
const DRAIN_DEADLINE_MS = 60 * 1000;

/** What the server says of an order that it won't take; any other status is no verdict on it. */
const STATUSES_REFUSED: ReadonlySet<number> = new Set([400, 413, 422]);

/** @throws Failure from each function when the API can't be used: see `sender` */
export function apiOver(send: Send): Api {
  return {
    async submit({ idempotencyKey, order, stop }) {
      const fault = headerFault(idempotencyKey);
      if (fault) return { kind: 'refused', problem: { status: 400, detail: fault, faults: [] } };
      const answer = await send({
        method: 'POST',
        path: 'orders',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': quotedString(idempotencyKey),
        },
        body: JSON.stringify(order),
        deadlineMs: DEADLINE_MS,
        ...(stop ? { stop } : {}),
      });
      if (STATUSES_REFUSED.has(answer.status)) {
        return { kind: 'refused', problem: readProblem(answer.status, answer.body) };
      }
      const receipt = read(answer, 202, receiptSchema);
      const isReplay = answer.headers.get('idempotent-replayed') === 'true';
      return { kind: 'accepted', receipt, isReplay };
    },

    async getOrder(id) {
      const path = `orders/${encodeURIComponent(id)}`;
      const answer = await send({ method: 'GET', path, deadlineMs: DEADLINE_MS });
      if (answer.status === 404) return { kind: 'not-found' };
      return { kind: 'found', order: read(answer, 200, orderSchema) };
    },

    async stats() {
      const answer = await send({ method: 'GET', path: 'stats', deadlineMs: DEADLINE_MS });
      return read(answer, 200, statsSchema);
    },

    async drain() {
      const answer = await send({ method: 'POST', path: 'drain', deadlineMs: DRAIN_DEADLINE_MS });
      if (answer.status === 409) return { kind: 'locked' };
      return { kind: 'drained', report: read(answer, 200, drainReportSchema) };
    },
  };
}

function read<T>(answer: Answer, status: number, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (answer.status === status && parsed.success) return parsed.data;
  const said = answer.status === status ? 'a body that' : `${answer.status}, which`;
  throw new Failure(
    `SLUICE_URL does not seem to be the address of Sluice's API: it answered ${said} Sluice would not.`,
    { cause: parsed.error },
  );
}

/** The key as a structured field's string: a bare one could begin with a quote, or end in a space. */
function quotedString(key: string): string {
  return `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
}

function headerFault(key: string): string | undefined {
  if (/^[\x20-\x7e]*$/.test(key)) return undefined;
  return 'the idempotency key holds a character outside printable ASCII, which no header can carry';
}
