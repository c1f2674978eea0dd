import * as z from 'zod/mini';
import type { ordersQuerySchema } from '../contract/queries.ts';
import {
  type ChangedOrder,
  changedOrderSchema,
  type Me,
  meSchema,
  type OrderDocument,
  type OrderPage,
  type OrderSummaryDocument,
  orderPageSchema,
  orderSchema,
  type Receipt,
  receiptSchema,
  type submissionSchema,
} from '../contract/schemas.ts';
import { apiUrl, isSendableKey } from './address.ts';
import { errorOf, read } from './answers.ts';
import { type KeyedOrder, submitBatch } from './batch.ts';
import type { BatchResult } from './batch-result.ts';
import { idempotencyKeyHeader } from './idempotency-key.ts';
import type { Immutable } from './immutable.ts';
import { type OperatorCalls, operatorCalls } from './operator-calls.ts';
import { ordersOf, type ReadPage } from './pages.ts';
import { type Platform, platformWith } from './platform.ts';
import type { Problem } from './problem.ts';
import { get, JSON_TYPE, pathOf, post } from './requests.ts';
import { TRIES_MAX } from './retry.ts';
import { type CallOptions, type Request, sender } from './send.ts';
import { type StockCalls, stockCalls } from './stock-calls.ts';
import {
  type ReadOrder,
  type Waited,
  type WaitOptions,
  waitUntilProduced,
} from './wait-until-produced.ts';

export interface ClientOptions extends Partial<Platform> {
  /** The address of the API, with the path of its stage if it has one. */
  readonly url: string | URL;
  /** An API key. */
  readonly key: string;
  /** Whether the key may be sent over http to another machine. It can be read on the way. */
  readonly allowHttp?: boolean;
  /** How long a call may take, retries included; milliseconds, 2 minutes by default. */
  readonly timeoutMs?: number;
  /** The most tries of a request, 1 or more; 10 by default. */
  readonly triesMax?: number;
  /** The same as long as no request was ever answered; `triesMax` by default. */
  readonly triesUnansweredMax?: number;
}

/** The body of a submit. */
export type NewOrder = Immutable<z.input<typeof submissionSchema>>;

export interface SubmitOptions extends CallOptions {
  /** Lets you repeat the submit after an error. Without it, the call makes a key of its own. */
  readonly idempotencyKey?: string;
}

export interface Submitted {
  readonly receipt: Receipt;
  /** Whether an earlier request submitted this order under the same key. */
  readonly isReplay: boolean;
}

/** An order of a batch. Without a key it gets one that only this call knows. */
export type BatchOrder = Omit<KeyedOrder, 'idempotencyKey'> & { readonly idempotencyKey?: string };

type OrdersQuery = Immutable<z.input<typeof ordersQuerySchema>>;
export type ListQuery = Omit<OrdersQuery, 'cursor'>;

/**
 * The routes of the API. Each call repeats its request after faults that may pass, if that is safe. It
 * throws the errors of `errors.ts`, or the reason of its signal.
 */
export interface Client extends OperatorCalls, StockCalls {
  /** POST /orders. Every try has the same key, so a lost answer leads to no second order. */
  submit(order: NewOrder, options?: SubmitOptions): Promise<Submitted>;
  /**
   * POST /orders/batch: a result for each of 1 to 500 orders, in their order.
   *
   * @throws SubmitInterrupted with the results so far, if it had to be sent in parts and one failed
   */
  submitBatch(orders: readonly BatchOrder[], options?: CallOptions): Promise<BatchResult[]>;
  /** GET /orders/{id} */
  get(id: string, options?: CallOptions): Promise<OrderDocument>;
  /** GET /orders, page after page: what waits, then what has ended, each newest first. */
  list(query?: ListQuery, options?: CallOptions): AsyncGenerator<OrderSummaryDocument, void>;
  /** GET /orders: one page; `limit` is 1 to 100. */
  listPage(query?: OrdersQuery, options?: CallOptions): Promise<OrderPage>;
  /** POST /orders/{id}/cancel. Safe to repeat. Without `orders:read` you get only the receipt. */
  cancel(id: string, options?: CallOptions): Promise<ChangedOrder>;
  /** POST /orders/{id}/replace: new content for a waiting order. Answers as `cancel` does. */
  replace(id: string, order: NewOrder, options?: CallOptions): Promise<ChangedOrder>;
  /** DELETE /orders/{id}: erases what an order holds. Safe to repeat. */
  erase(id: string, options?: CallOptions): Promise<void>;
  /** Polls an order until it is produced, dead or canceled, or time is up. */
  waitUntilProduced(id: string, options?: WaitOptions): Promise<Waited>;
  /** GET /dead-letters, page after page, the last to die first. */
  deadLetters(
    query?: { readonly limit?: number },
    options?: CallOptions,
  ): AsyncGenerator<OrderSummaryDocument, void>;
  /** GET /me: who you are and what you may do. */
  me(options?: CallOptions): Promise<Me>;
  /** GET /openapi.json */
  openApi(options?: CallOptions): Promise<Record<string, unknown>>;
}

const TIMEOUT_MS = 2 * 60 * 1000;

/**
 * Makes a client of one API with one key.
 *
 * @throws TypeError if the URL or the key is invalid
 */
export function createClient(options: ClientOptions): Client {
  const { key, timeoutMs = TIMEOUT_MS, triesMax = TRIES_MAX } = options;
  const { triesUnansweredMax = triesMax } = options;
  const url = apiUrl(options.url, options.allowHttp);
  if (url === 'wrong') throw new TypeError('url must be an https URL without credentials.');
  if (url === 'unsafe')
    throw new TypeError('url must be https: over http the key could be read. See allowHttp.');
  if (!isSendableKey(key))
    throw new TypeError('key must be an API key: printable ASCII without spaces.');
  const platform = platformWith(options);
  const endpoint = { url, key, timeoutMs, triesMax, triesUnansweredMax };
  const send = sender(endpoint, platform);

  async function ask<T>(
    request: Request,
    [status, schema]: [status: number, schema: z.ZodMiniType<T>],
    call: CallOptions = {},
  ): Promise<T> {
    return read(await send(request, call), status, schema);
  }

  const change = (path: string, body: object | undefined, call?: CallOptions) =>
    ask({ ...post(path, body), isRepeatable: true }, [200, changedOrderSchema], call);

  async function readOrder(id: string, call: CallOptions, known?: ReadOrder): Promise<ReadOrder> {
    const headers: Record<string, string> = known?.etag ? { 'if-none-match': known.etag } : {};
    const answer = await send({ ...get(pathOf(id)), headers }, call);
    if (answer.status === 304 && known) return known;
    return { order: read(answer, 200, orderSchema), etag: answer.header('etag') };
  }

  const client: Client = {
    ...operatorCalls(ask),
    ...stockCalls(send, platform.newKey),
    async submit(order, { idempotencyKey = platform.newKey(), ...call } = {}) {
      const headers = { ...JSON_TYPE, 'idempotency-key': idempotencyKeyHeader(idempotencyKey) };
      const request = { ...post('orders', order), headers, isRepeatable: true };
      const answer = await send(request, call);
      const receipt = read(answer, 202, receiptSchema);
      return { receipt, isReplay: answer.header('idempotent-replayed') === 'true' };
    },
    submitBatch(orders, call = {}) {
      const keyed = orders.map((order) => ({
        ...order,
        idempotencyKey: order.idempotencyKey ?? platform.newKey(),
      }));
      return submitBatch(send, keyed, call);
    },
    async get(id, call = {}) {
      return (await readOrder(id, call)).order;
    },
    list({ limit, ...query } = {}, call) {
      return ordersOf((page) => client.listPage({ ...query, ...page }, call), limit);
    },
    listPage: (query, call) => ask(get('orders', query), [200, orderPageSchema], call),
    cancel: (id, call) => change(`${pathOf(id)}/cancel`, undefined, call),
    replace: (id, order, call) => change(`${pathOf(id)}/replace`, order, call),
    async erase(id, call = {}) {
      const answer = await send({ method: 'DELETE', path: pathOf(id), isRepeatable: true }, call);
      if (answer.status !== 204) throw errorOf(answer);
    },
    waitUntilProduced(id, wait = {}) {
      const { signal } = wait;
      const look = (known: ReadOrder | undefined, leftMs: number) =>
        readOrder(id, { timeoutMs: leftMs, ...(signal && { signal }) }, known);
      return waitUntilProduced(look, platform, wait);
    },
    deadLetters({ limit } = {}, call) {
      const readPage: ReadPage = (page) => client.deadLettersPage(page, call);
      return ordersOf(readPage, limit);
    },
    me: (call) => ask(get('me'), [200, meSchema], call),
    openApi: (call) => ask(get('openapi.json'), [200, z.record(z.string(), z.unknown())], call),
  };
  return client;
}

// For users of the package. The repository's own code imports each from its own file.
export type { Activity } from '../contract/activity-schemas.ts';
export type { Explanation } from '../contract/explanation-schemas.ts';
export type {
  Canceled,
  DrainReport,
  PauseDocument,
  Redriven,
  Resumed,
  Stats,
} from '../contract/operator-schemas.ts';
export type { Reasons } from '../contract/reasons-schemas.ts';
export type {
  ChangedOrder,
  Me,
  OrderDocument,
  OrderPage,
  OrderSummaryDocument,
  Receipt,
} from '../contract/schemas.ts';
export {
  Conflict,
  Forbidden,
  Gone,
  InvalidRequest,
  KeyReused,
  NotFound,
  Refused,
  SluiceError,
  SubmitInterrupted,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UnexpectedAnswer,
  Unreachable,
} from './errors.ts';
export type { BatchResult, CallOptions, Platform, Problem, Waited, WaitOptions };
