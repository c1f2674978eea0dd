import type * as z from 'zod/mini';
import { type Activity, activitySchema } from '../contract/activity-schemas.ts';
import { type Explanation, explanationSchema } from '../contract/explanation-schemas.ts';
import type {
  activityQuerySchema,
  pauseRequestSchema,
  redriveSchema,
} from '../contract/operator-queries.ts';
import {
  type Canceled,
  canceledSchema,
  type DrainReport,
  drainReportSchema,
  type PauseDocument,
  pauseSchema,
  type Redriven,
  type Resumed,
  redrivenSchema,
  resumedSchema,
  type Stats,
  statsSchema,
} from '../contract/operator-schemas.ts';
import type { deadLettersQuerySchema } from '../contract/queries.ts';
import { type Reasons, reasonsSchema } from '../contract/reasons-schemas.ts';
import {
  type OrderDocument,
  type OrderPage,
  orderPageSchema,
  orderSchema,
} from '../contract/schemas.ts';
import type { Immutable } from './immutable.ts';
import { get, pathOf, post } from './requests.ts';
import type { CallOptions, Request } from './send.ts';

type PageQuery = Immutable<z.input<typeof deadLettersQuerySchema>>;

/** The routes for operators, except those that walk through pages. */
export interface OperatorCalls {
  /** GET /stats; with `detail` also what the console shows beside the counts. */
  stats(options?: CallOptions & { readonly detail?: boolean }): Promise<Stats>;
  /** GET /activity: what the drains did, the last hour by default. */
  activity(
    query?: Immutable<z.input<typeof activityQuerySchema>>,
    options?: CallOptions,
  ): Promise<Activity>;
  /** GET /orders/{id}/explanation: why an order is not produced. */
  explain(id: string, options?: CallOptions): Promise<Explanation>;
  /** GET /dead-letters: one page; `limit` is 1 to 100. */
  deadLettersPage(query?: PageQuery, options?: CallOptions): Promise<OrderPage>;
  /** GET /dead-letters/reasons: the newest dead orders, grouped by why they died. */
  deadLetterReasons(query?: { readonly limit?: number }, options?: CallOptions): Promise<Reasons>;
  /** POST /orders/{id}/redrive. Not repeated if it may have been done: that would be refused. */
  redrive(id: string, options?: CallOptions): Promise<OrderDocument>;
  /**
   * POST /dead-letters/redrive: up to 100 by id, or as many as `limit`, the oldest first. Not repeated
   * if it may have been done: that would redrive more.
   */
  redriveDeadLetters(
    body?: Immutable<z.input<typeof redriveSchema>>,
    options?: CallOptions,
  ): Promise<Redriven>;
  /** POST /orders/cancel: up to 100. Safe to repeat. */
  cancelMany(ids: readonly string[], options?: CallOptions): Promise<Canceled>;
  /** POST /pause: no drain claims until then. Asked for again, it ends at the new time. */
  pause(
    pause: Immutable<z.input<typeof pauseRequestSchema>>,
    options?: CallOptions,
  ): Promise<PauseDocument>;
  /** POST /resume. Safe to repeat. */
  resume(options?: CallOptions): Promise<Resumed>;
  /** POST /drain. Not repeated if it may have been done. */
  drain(options?: CallOptions): Promise<DrainReport>;
}

/** A drain runs for up to 20 s and then settles what it has claimed. */
const DRAIN_MS_MAX = 60 * 1000;

type Ask = <T>(
  request: Request,
  expected: [status: number, schema: z.ZodMiniType<T>],
  call?: CallOptions,
) => Promise<T>;

export function operatorCalls(ask: Ask): OperatorCalls {
  const safely = (path: string, body?: object) => ({ ...post(path, body), isRepeatable: true });
  return {
    stats({ detail = false, ...call } = {}) {
      return ask(get('stats', detail ? { detail } : {}), [200, statsSchema], call);
    },
    activity: (query, call) => ask(get('activity', query), [200, activitySchema], call),
    explain: (id, call) => ask(get(`${pathOf(id)}/explanation`), [200, explanationSchema], call),
    deadLettersPage: (query, call) => ask(get('dead-letters', query), [200, orderPageSchema], call),
    deadLetterReasons: (query, call) =>
      ask(get('dead-letters/reasons', query), [200, reasonsSchema], call),
    redrive: (id, call) => ask(post(`${pathOf(id)}/redrive`), [202, orderSchema], call),
    redriveDeadLetters: (body = {}, call) =>
      ask(post('dead-letters/redrive', body), [202, redrivenSchema], call),
    cancelMany: (ids, call) => ask(safely('orders/cancel', { ids }), [200, canceledSchema], call),
    pause: (pause, call) => ask(safely('pause', pause), [200, pauseSchema], call),
    resume: (call) => ask(safely('resume'), [200, resumedSchema], call),
    drain: (call) =>
      ask({ ...post('drain'), tryMsMax: DRAIN_MS_MAX }, [200, drainReportSchema], call),
  };
}
