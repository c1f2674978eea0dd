import { z } from 'zod';
import { Failure } from './failure.ts';
import type { Answer, Send } from './http.ts';
import { type Problem, parseJson, problemOf, problemSchema, readProblem } from './problem.ts';

/** The routes of the API that the command calls: one function each. */
export interface Api {
  /**
   * POST /orders/batch: a result for each order, in their order. Submitting again what was accepted
   * gives the same receipt and no second order.
   */
  readonly submitBatch: (batch: Batch) => Promise<Submitted[]>;
  /** GET /orders/{id} */
  readonly getOrder: (id: string) => Promise<Found>;
  /** GET /stats */
  readonly stats: () => Promise<Stats>;
  /** POST /drain */
  readonly drain: () => Promise<Drained>;
}

export interface Batch {
  /** 1 or more. */
  readonly orders: readonly KeyedOrder[];
  /** Ends the waiting for another try. */
  readonly stop?: AbortSignal;
}

export interface KeyedOrder {
  readonly idempotencyKey: string;
  readonly order: Readonly<Record<string, unknown>>;
}

const receiptSchema = z.object({
  id: z.string(),
  currency: z.string(),
  totalAmount: z.int(),
});

const resultSchema = z.discriminatedUnion('status', [
  z.object({
    index: z.int(),
    status: z.literal(202),
    replayed: z.boolean(),
    order: receiptSchema,
  }),
  z.object({ index: z.int(), status: z.literal([400, 422]), problem: problemSchema }),
]);

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

type Result = z.infer<typeof resultSchema>;
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

/** What the server says of a batch that it won't take as a whole; any other status is no verdict. */
const STATUSES_REFUSED: ReadonlySet<number> = new Set([400, 413]);

/** An order as a batch carries it. */
export function batchItem({ idempotencyKey, order }: KeyedOrder): Record<string, unknown> {
  return { ...order, idempotencyKey };
}

/** @throws Failure from each function when the API can't be used: see `sender` */
export function apiOver(send: Send): Api {
  async function submitBatch(batch: Batch): Promise<Submitted[]> {
    const { orders, stop } = batch;
    const answer = await send({
      method: 'POST',
      path: 'orders/batch',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ orders: orders.map(batchItem) }),
      deadlineMs: DEADLINE_MS,
      ...(stop && { stop }),
    });
    if (!STATUSES_REFUSED.has(answer.status)) {
      return read(answer, 200, resultsSchema(orders.length)).results.map(submittedOf);
    }
    if (orders.length === 1) {
      return [{ kind: 'refused', problem: readProblem(answer.status, answer.body) }];
    }
    // One order that is too large has all of its batch refused: in halves the others get through.
    // Should the second one fail, the orders of the first are safe to submit again.
    const middle = Math.ceil(orders.length / 2);
    const first = await submitBatch({ ...batch, orders: orders.slice(0, middle) });
    const second = await submitBatch({ ...batch, orders: orders.slice(middle) });
    return [...first, ...second];
  }

  return {
    submitBatch,

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

/** The body of a batch's answer: as many results as it has orders, in their order. */
function resultsSchema(orders: number) {
  const results = z.array(resultSchema).length(orders);
  return z.object({
    results: results.refine((all) => all.every(({ index }, at) => index === at)),
  });
}

function submittedOf(result: Result): Submitted {
  if (result.status !== 202) {
    return { kind: 'refused', problem: problemOf(result.status, result.problem) };
  }
  return { kind: 'accepted', receipt: result.order, isReplay: result.replayed };
}
