import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { expect, inject, vi } from 'vitest';
import { differencesFrom } from '../support/contract.ts';
import {
  bearer,
  functionEnvironment,
  type Handler,
  httpEvent,
  lambdaContext,
  type TestKey,
} from '../support/functions.ts';
import { storeWith } from '../support/store.ts';

export const ROUTES = {
  submit: 'POST /orders',
  batch: 'POST /orders/batch',
  read: 'GET /orders/{id}',
  cancel: 'POST /orders/{id}/cancel',
  cancelMany: 'POST /orders/cancel',
  replace: 'POST /orders/{id}/replace',
  erase: 'DELETE /orders/{id}',
  list: 'GET /orders',
  setStock: 'PUT /stock/{sku}',
  setStocks: 'PUT /stock',
  getStock: 'GET /stock/{sku}',
  listStock: 'GET /stock',
  untrackStock: 'DELETE /stock/{sku}',
  deadLetters: 'GET /dead-letters',
  redrive: 'POST /orders/{id}/redrive',
  redriveMany: 'POST /dead-letters/redrive',
  me: 'GET /me',
  openapi: 'GET /openapi.json',
  stats: 'GET /stats',
  explain: 'GET /orders/{id}/explanation',
  activity: 'GET /activity',
  reasons: 'GET /dead-letters/reasons',
  pause: 'POST /pause',
  resume: 'POST /resume',
  drain: 'POST /drain',
} as const;

/** What a client gets. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text as JSON, where there is one. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Call {
  /** Whose key is sent; `undefined` for none. By default the shop's, or the admin's for its routes. */
  readonly as?: TestKey | undefined;
  /** Added to the right ones, or in their place; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly id?: string;
  readonly sku?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** A string is sent as it is, bytes as base64, anything else as JSON. */
  readonly body?: unknown;
}

/** A submit has an idempotency key of its own unless one is given. */
export type Submit = Omit<Call, 'body' | 'id'> & { readonly key?: string | undefined };

/** The variables of the last deployment in this process. */
let ofLast: string[] = [];

export type Deployment = Awaited<ReturnType<typeof deploy>>;

/** All functions of a fresh deployment, with Redis keys that nobody else uses. */
export async function deploy(
  server: { url: string; token: string } = inject('upstash'),
  variables: Readonly<Record<string, string>> = {},
  direct: { url: string; token: string } = inject('upstash'),
) {
  const environment = { ...functionEnvironment(server), ...variables };
  for (const name of ofLast) delete process.env[name];
  ofLast = Object.keys(variables);
  Object.assign(process.env, environment);
  vi.resetModules();
  const handlers = {
    submit: (await import('../../functions/submit-order.ts')).handler,
    batch: (await import('../../functions/submit-batch.ts')).handler,
    read: (await import('../../functions/get-order.ts')).handler,
    cancel: (await import('../../functions/cancel-order.ts')).handler,
    cancelMany: (await import('../../functions/cancel-orders.ts')).handler,
    replace: (await import('../../functions/replace-order.ts')).handler,
    erase: (await import('../../functions/erase-order.ts')).handler as Handler,
    list: (await import('../../functions/list-orders.ts')).handler,
    setStock: (await import('../../functions/set-stock.ts')).handler,
    setStocks: (await import('../../functions/set-stock.ts')).handler,
    getStock: (await import('../../functions/get-stock.ts')).handler,
    listStock: (await import('../../functions/get-stock.ts')).handler,
    untrackStock: (await import('../../functions/untrack-stock.ts')).handler,
    deadLetters: (await import('../../functions/dead-letters.ts')).handler,
    redrive: (await import('../../functions/redrive-order.ts')).handler,
    redriveMany: (await import('../../functions/redrive-dead-letters.ts')).handler,
    me: (await import('../../functions/me.ts')).handler,
    openapi: (await import('../../functions/openapi.ts')).handler,
    stats: (await import('../../functions/stats.ts')).handler,
    activity: (await import('../../functions/activity.ts')).handler,
    reasons: (await import('../../functions/dead-letter-reasons.ts')).handler,
    explain: (await import('../../functions/explain-order.ts')).handler,
    pause: (await import('../../functions/pause.ts')).handler,
    resume: (await import('../../functions/resume.ts')).handler,
    drain: (await import('../../functions/drain-queue.ts')).handler as Handler,
  };
  const announceEvents = (await import('../../functions/announce-events.ts')).handler;

  async function call(route: keyof typeof ROUTES, options: Call = {}): Promise<Answer> {
    const event = eventOf(route, options);
    const answer = answerOf(await handlers[route](event, lambdaContext()));
    // Whatever a test provokes, the document describes the answer.
    expect(differencesFrom(ROUTES[route], answer)).toEqual([]);
    return answer;
  }

  const prefix = environment.SLUICE_PREFIX as string;
  // Past whatever the test has put between the functions and Redis.
  const store = storeWith(direct, prefix);
  const { redis } = store;
  return {
    call,
    submit: (body: unknown, { key = randomUUID(), headers, ...rest }: Submit = {}) =>
      call('submit', { ...rest, body, headers: { 'idempotency-key': key, ...headers } }),
    read: (id: string, options: Omit<Call, 'id'> = {}) => call('read', { ...options, id }),
    /** What the schedule's rule sends. */
    schedule: (event: object, context: Context) =>
      handlers.drain(event as APIGatewayProxyEventV2, context) as Promise<unknown>,
    /** A run of the announcer, as its schedule starts it. */
    announce: (context = lambdaContext()) => announceEvents({}, context),
    environment,
    prefix,
    store,
    redis,
    /** The names of all keys, without the prefix. */
    async keys(): Promise<string[]> {
      const names = await redis.keys(`${prefix}*`);
      return names.map((name) => name.slice(prefix.length)).sort();
    },
    /** How many orders are kept, and how many wait in queues. */
    async counts() {
      const kept = await redis.keys(store.keys.order('*'));
      const queues = await redis.keys(store.keys.queue('*'));
      const depths = await Promise.all(queues.map((queue) => redis.llen(queue)));
      return { kept: kept.length, queued: depths.reduce((sum, depth) => sum + depth, 0) };
    },
  };
}

function eventOf(route: keyof typeof ROUTES, { headers, id, sku, query, body, ...rest }: Call) {
  const key: TestKey | undefined = 'as' in rest ? rest.as : defaultKeyOf(route);
  const sent = {
    ...(key && { authorization: bearer(key) }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  return httpEvent(ROUTES[route], {
    headers: Object.fromEntries(
      Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...(id !== undefined && { pathParameters: { id } }),
    ...(ROUTES[route].includes('{sku}') && { pathParameters: { sku: sku ?? 'none' } }),
    ...(query !== undefined && { queryStringParameters: query }),
    ...(body !== undefined && {
      body: bodyText(body),
      isBase64Encoded: Buffer.isBuffer(body),
    }),
  });
}

const FOR_SHOPS: ReadonlySet<keyof typeof ROUTES> = new Set([
  'submit',
  'batch',
  'read',
  'cancel',
  'cancelMany',
  'replace',
  'list',
  'explain',
  'me',
  'openapi',
]);

function defaultKeyOf(route: keyof typeof ROUTES): TestKey {
  return FOR_SHOPS.has(route) ? 'shop' : 'admin';
}

function bodyText(body: unknown): string {
  if (Buffer.isBuffer(body)) return body.toString('base64');
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function answerOf(result: Awaited<ReturnType<Handler>>): Answer {
  const text = result.body ?? '';
  return {
    status: result.statusCode ?? 0,
    headers: (result.headers ?? {}) as Record<string, string>,
    text,
    body: text === '' ? {} : JSON.parse(text),
  };
}
