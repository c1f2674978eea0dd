import { randomUUID } from 'node:crypto';
import { Redis } from '@upstash/redis';
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

export const ROUTES = {
  submit: 'POST /orders',
  batch: 'POST /orders/batch',
  read: 'GET /orders/{id}',
  cancel: 'POST /orders/{id}/cancel',
  list: 'GET /orders',
  deadLetters: 'GET /dead-letters',
  redrive: 'POST /orders/{id}/redrive',
  redriveMany: 'POST /dead-letters/redrive',
  openapi: 'GET /openapi.json',
  stats: 'GET /stats',
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
  /** Whose key is sent: the shop's where nothing is said, none for `undefined`. */
  readonly as?: TestKey | undefined;
  /** Instead of, or besides, those that are right; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly id?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** A string is sent as it is, bytes as base64, anything else as JSON. */
  readonly body?: unknown;
}

/** The idempotency key of a submit: one of its own where none is given. */
export type Submit = Omit<Call, 'body' | 'id'> & { readonly key?: string | undefined };

export type Deployment = Awaited<ReturnType<typeof deploy>>;

/** All functions of a fresh deployment, under Redis keys that nobody else uses. */
export async function deploy(
  server: { url: string; token: string } = inject('upstash'),
  variables: Readonly<Record<string, string>> = {},
) {
  const environment = { ...functionEnvironment(server), ...variables };
  Object.assign(process.env, environment);
  vi.resetModules();
  const handlers = {
    submit: (await import('../../functions/submit-order.ts')).handler,
    batch: (await import('../../functions/submit-batch.ts')).handler,
    read: (await import('../../functions/get-order.ts')).handler,
    cancel: (await import('../../functions/cancel-order.ts')).handler,
    list: (await import('../../functions/list-orders.ts')).handler,
    deadLetters: (await import('../../functions/dead-letters.ts')).handler,
    redrive: (await import('../../functions/redrive-order.ts')).handler,
    redriveMany: (await import('../../functions/redrive-dead-letters.ts')).handler,
    openapi: (await import('../../functions/openapi.ts')).handler,
    stats: (await import('../../functions/stats.ts')).handler,
    drain: (await import('../../functions/drain-queue.ts')).handler as Handler,
  };
  const announceEvents = (await import('../../functions/announce-events.ts')).handler;

  async function call(route: keyof typeof ROUTES, options: Call = {}): Promise<Answer> {
    const event = eventOf(route, options);
    const answer = answerOf(await handlers[route](event, lambdaContext()));
    // Whatever a test provokes is an answer that the document describes.
    expect(differencesFrom(ROUTES[route], answer)).toEqual([]);
    return answer;
  }

  const redis = new Redis({ ...inject('upstash'), automaticDeserialization: false });
  const prefix = environment.SLUICE_PREFIX as string;
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
    redis,
    /** The names of all keys, without the prefix. */
    async keys(): Promise<string[]> {
      const names = await redis.keys(`${prefix}*`);
      return names.map((name) => name.slice(prefix.length)).sort();
    },
    /** The hash of an order. */
    hash: (id: unknown) => redis.hgetall(`${prefix}order:${id}`),
    /** How many orders are kept, and how many entries wait in the queue. */
    async counts() {
      const [kept, queued] = await Promise.all([
        redis.zcard(`${prefix}order_index`),
        redis.llen(`${prefix}order_queue`),
      ]);
      return { kept, queued };
    },
  };
}

/** The faults that a submit of this body is refused with; it leaves nothing behind. */
export async function refusedFaults(api: Deployment, body: unknown) {
  const before = await api.keys();
  const answer = await api.submit(body);
  expect(answer.status).toBe(400);
  expect(await api.keys()).toEqual(before);
  return answer.body.errors as { pointer: string; detail: string }[];
}

function eventOf(route: keyof typeof ROUTES, { headers, id, query, body, ...rest }: Call) {
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
  'list',
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
