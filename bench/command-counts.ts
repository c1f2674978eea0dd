import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { systemClock } from '../lib/clock.ts';
import { announce } from '../lib/events/announce.ts';
import { reconcile } from '../lib/maintenance/reconcile.ts';
import { retain } from '../lib/maintenance/retention.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { connect } from '../lib/redis/client.ts';
import { eventStore } from '../lib/redis/event-store.ts';
import { keysWith } from '../lib/redis/keys.ts';
import { acquireLock } from '../lib/redis/lock.ts';
import { maintenanceStore } from '../lib/redis/maintenance-store.ts';
import { rateLimit } from '../lib/redis/rate-limit.ts';
import { LOCAL_KEYS, localApiKeys } from '../local/api-keys.ts';
import { billedCommands } from '../local/billed-commands.ts';
import { startServer } from './server.ts';

/** Billed commands of what Sluice does, as Redis itself counts them; each is of one of what it names. */
export type SluiceCounts = Awaited<ReturnType<typeof sluiceCounts>>;

const PREFIX = 'counts:';
const CONTEXT = { awsRequestId: 'counts', getRemainingTimeInMillis: () => 60_000 } as Context;
const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
};

/** Runs the functions themselves against a Redis of its own. It sets their environment here. */
export async function sluiceCounts() {
  const server = await startServer();
  try {
    return await countsOn(server);
  } finally {
    await server.stop();
  }
}

async function countsOn(server: { url: string; token: string }) {
  Object.assign(process.env, {
    UPSTASH_REDIS_REST_URL: server.url,
    UPSTASH_REDIS_REST_TOKEN: server.token,
    SLUICE_API_KEYS: localApiKeys(),
    SLUICE_PREFIX: PREFIX,
  });
  const submit = (await import('../functions/submit-batch.ts')).handler;
  const submitAlone = (await import('../functions/submit-order.ts')).handler;
  const drainQueue = (await import('../functions/drain-queue.ts')).handler;
  const getOrder = (await import('../functions/get-order.ts')).handler;
  const listOrders = (await import('../functions/list-orders.ts')).handler;
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const keys = keysWith(PREFIX);
  const count = async () =>
    billedCommands(await client.redis.exec<string>(['INFO', 'commandstats']));

  async function costOf(work: () => Promise<unknown>): Promise<number> {
    const before = await count();
    await work();
    return (await count()) - before;
  }

  let submitted = 0;
  async function submitOrders(orders: number): Promise<void> {
    const body = Array.from({ length: orders }, () => {
      submitted += 1;
      return { ...ORDER, idempotencyKey: `order-${submitted}` };
    });
    const answer = await submit(httpEvent('POST /orders/batch', { orders: body }), CONTEXT);
    if (answer.statusCode !== 200) throw new Error(`a submit answers ${answer.body}`);
  }
  const submitOne = (key: string) =>
    submitAlone(httpEvent('POST /orders', ORDER, { 'idempotency-key': key }), CONTEXT);
  const drain = () => drainQueue({ slot: 0 }, CONTEXT);
  async function drainOf(orders: number): Promise<number> {
    await submitOrders(orders);
    return await costOf(drain);
  }

  // Redis has the scripts, as it does but for the first seconds after it was made.
  const receipt = JSON.parse((await submitOne('warm-up')).body ?? '');
  await drain();
  const intake = {
    submitOfOne: await costOf(() => submitOne('one')),
    repeatOfOne: await costOf(() => submitOne('one')),
    submitOfTen: await costOf(() => submitOrders(10)),
    submitOfHundred: await costOf(() => submitOrders(100)),
    getOrder: await costOf(() =>
      getOrder(readEvent('GET /orders/{id}', { id: receipt.id }), CONTEXT),
    ),
    listOfHundred: await costOf(() => listOrders(readEvent('GET /orders', {}), CONTEXT)),
  };
  await drain();
  const production = {
    drainOfNone: await costOf(drain),
    drainOfOne: await drainOf(1),
    drainOfFifty: await drainOf(50),
    drainOfHundred: await drainOf(100),
    drainOfTwoHundred: await drainOf(200),
  };
  const upkeep = await upkeepCounts({ client, keys, costOf, submitOrders, drain });
  const events = eventStore(client, keys);
  const limit = rateLimit(client, keys.rate, 1_000);
  const ask = () => limit('shop', systemClock.now());
  await ask();
  return {
    ...intake,
    ...production,
    ...upkeep,
    ...(await eventCounts({ client, keys, costOf, events })),
    limitedRequest: await costOf(ask),
  };
}

interface Measuring {
  readonly client: ReturnType<typeof connect>;
  readonly keys: ReturnType<typeof keysWith>;
  readonly costOf: (work: () => Promise<unknown>) => Promise<number>;
}

/**
 * The daily pass over a thousand orders that have ended and over four, and forgetting all of them.
 * The pass looks at a few orders by chance, so it is not to the command the same each time.
 */
async function upkeepCounts(
  options: Measuring & {
    readonly submitOrders: (orders: number) => Promise<void>;
    readonly drain: () => Promise<unknown>;
  },
) {
  const { client, keys, costOf, submitOrders, drain } = options;
  const store = maintenanceStore(client, keys);
  const pass = () => reconcile({ store, clock: systemClock, isRepair: true });
  async function endedOrders(orders: number): Promise<void> {
    const kept = await client.redis.zcard(keys.index);
    for (let left = orders - kept; left > 0; left -= 100) await submitOrders(Math.min(100, left));
    await drain();
  }
  await endedOrders(1_000);
  await pass();
  const passOverThousand = await costOf(pass);
  await endedOrders(4_000);
  const passOverFourThousand = await costOf(pass);
  const late = { now: () => systemClock.now() + 1_000 };
  const retentionMs = 1;
  await retain({ store, clock: { now: () => 0 }, retentionMs });
  const retentionOfFourThousand = await costOf(() => retain({ store, clock: late, retentionMs }));
  const retentionOfNone = await costOf(() => retain({ store, clock: late, retentionMs }));
  return { passOverThousand, passOverFourThousand, retentionOfFourThousand, retentionOfNone };
}

async function eventCounts({
  client,
  keys,
  costOf,
  events,
}: Measuring & { readonly events: ReturnType<typeof eventStore> }) {
  const run = () =>
    announce(
      {
        store: events,
        send: async () => ({ kind: 'taken' }),
        clock: systemClock,
        log: () => undefined,
        metrics: NO_METRICS,
        concurrency: 10,
      },
      new AbortController().signal,
    );
  const put = (count: number) => {
    const entries = Array.from({ length: count }, (_, at) => `ord_${at}:produced:1`);
    return client.redis.lpush(keys.events, ...entries);
  };
  await put(1);
  await run();
  await put(100);
  const lock = async () => {
    const request = { client, clock: systemClock, key: keys.eventsLock, leaseMs: 30_000 };
    await (await acquireLock({ ...request, token: 'counts' }))?.release();
  };
  await lock();
  return {
    // As the function does it: it looks whether any waits, and only then takes its lock.
    announceOfNone: await costOf(() => events.waiting()),
    announceLock: await costOf(lock),
    announceOfHundred: await costOf(run),
  };
}

function httpEvent(routeKey: string, body: object, headers: Record<string, string> = {}) {
  const [method = '', path = ''] = routeKey.split(' ');
  const [{ key }] = LOCAL_KEYS;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'counts', http: { method, path } },
  } as unknown as APIGatewayProxyEventV2;
}

function readEvent(routeKey: string, pathParameters: Record<string, string>) {
  const [{ key }] = LOCAL_KEYS;
  const event = httpEvent(routeKey, {}, { authorization: `Bearer ${key}` });
  return { ...event, pathParameters, queryStringParameters: { limit: '100' } };
}
