// What the functions log and measure is made, and not printed.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../lib/clock.ts';
import { announce } from '../lib/events/announce.ts';
import { reconcile } from '../lib/maintenance/reconcile.ts';
import { retain } from '../lib/maintenance/retention.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { orderIdOf } from '../lib/orders/identity.ts';
import { connect, type Store } from '../lib/store/connection.ts';
import { hasEvents } from '../lib/store/events.ts';
import { keysWith } from '../lib/store/keys.ts';
import { acquireLock } from '../lib/store/lock.ts';
import { rateLimit } from '../lib/store/rate-limit.ts';
import { settleAndClaim } from '../lib/store/settle.ts';
import { quietFunctions } from '../test/support/quiet-functions.ts';
import { CONTEXT, call, request, setFunctionEnvironment } from './functions.ts';
import { CLIENT, ORDER } from './orders.ts';
import { type Server, startServer } from './servers.ts';
import { stockCounts } from './stock-counts.ts';

quietFunctions();

/** Billed commands of what Sluice does, as the local server counts them; each of what its name says. */
export type SluiceCounts = Awaited<ReturnType<typeof sluiceCounts>>;

const PREFIX = 'counts:';
const ADMIN = 'local-admin-key';
/** As `test/cost` holds them against their targets. */
const BATCH_SIZE = 100;

/** Runs the functions themselves against a Redis of its own. It sets their environment here. */
export async function sluiceCounts() {
  const server = await startServer();
  try {
    const environment = { SLUICE_PREFIX: PREFIX, SLUICE_BATCH_SIZE: String(BATCH_SIZE) };
    setFunctionEnvironment(server, environment);
    const measuring = await measuringOn(server);
    // Redis has the scripts, as it does except in the first seconds after it was made.
    await measuring.submit('warm-up');
    await measuring.drain();
    return {
      batchSize: BATCH_SIZE,
      ...(await intakeCounts(measuring)),
      ...(await drainCounts(measuring)),
      ...(await operatingCounts(measuring)),
      ...(await upkeepCounts(measuring)),
      ...(await eventCounts(measuring)),
      limitedRequest: await limitedRequest(measuring),
      ...(await stockCounts(measuring)),
      // Last: what it puts back at a pace is due later.
      redriveOfHundred: await redriveOfHundred(measuring),
    };
  } finally {
    await server.stop();
  }
}

export type Measuring = Awaited<ReturnType<typeof measuringOn>>;

async function measuringOn(server: Server) {
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const store: Store = { client, keys: keysWith(PREFIX) };
  const { handler: submitOrder } = await import('../functions/submit-order.ts');
  const { handler: submitBatch } = await import('../functions/submit-batch.ts');
  const { handler: drainQueue } = await import('../functions/drain-queue.ts');
  let submitted = 0;
  return {
    store,
    async costOf(work: () => Promise<unknown>): Promise<number> {
      const before = await server.billedCommands();
      await work();
      return (await server.billedCommands()) - before;
    },
    submit: (idempotencyKey: string) =>
      call(submitOrder, request('POST /orders', { body: ORDER, idempotencyKey }), 202),
    async submitMany(count: number): Promise<void> {
      const orders = Array.from({ length: count }, () => {
        submitted += 1;
        return { ...ORDER, idempotencyKey: `order-${submitted}` };
      });
      await call(submitBatch, request('POST /orders/batch', { body: { orders } }), 200);
    },
    // The first slot notes every fifth idle minute, which would be counted or not by chance.
    drain: () => drainQueue({ slot: 1 }, CONTEXT),
  };
}

async function intakeCounts({ costOf, submit, submitMany, drain }: Measuring) {
  const counts = {
    submitToEmptyQueue: await costOf(() => submit('first')),
    submitOfOne: await costOf(() => submit('one')),
    repeatOfOne: await costOf(() => submit('one')),
    submitOfTen: await costOf(() => submitMany(10)),
    submitOfHundred: await costOf(() => submitMany(100)),
  };
  await drain();
  return counts;
}

async function drainCounts({ costOf, submitMany, drain }: Measuring) {
  async function drainOf(orders: number): Promise<number> {
    await submitMany(orders);
    return await costOf(drain);
  }
  return {
    drainOfNone: await costOf(drain),
    drainOfOne: await drainOf(1),
    drainOfFifty: await drainOf(50),
    drainOfHundred: await drainOf(100),
    drainOfTwoHundred: await drainOf(200),
  };
}

/** What people and their programs ask for. */
async function operatingCounts({ store, costOf, submit, drain }: Measuring) {
  const { handler: get } = await import('../functions/get-order.ts');
  const { handler: list } = await import('../functions/list-orders.ts');
  const { handler: stats } = await import('../functions/stats.ts');
  const { handler: cancel } = await import('../functions/cancel-order.ts');
  const { handler: redrive } = await import('../functions/redrive-order.ts');
  const of = (name: string) => ({ id: orderIdOf(CLIENT, name) });
  await submit('canceled');
  const counts = {
    getOrder: await costOf(() => call(get, request('GET /orders/{id}', of('one')), 200)),
    listOfHundred: await costOf(() =>
      call(list, request('GET /orders', { query: { limit: '100' } }), 200),
    ),
    stats: await costOf(() => call(stats, request('GET /stats', { key: ADMIN }), 200)),
    cancelOfOne: await costOf(() =>
      call(cancel, request('POST /orders/{id}/cancel', of('canceled')), 200),
    ),
  };
  await drain();
  await submit('dead');
  await die(store);
  const event = request('POST /orders/{id}/redrive', { ...of('dead'), key: ADMIN });
  const redriveOfOne = await costOf(() => call(redrive, event, 202));
  await drain();
  return { ...counts, redriveOfOne };
}

/** As the console puts them back. */
async function redriveOfHundred({ store, costOf, submitMany }: Measuring): Promise<number> {
  const { handler: redrive } = await import('../functions/redrive-dead-letters.ts');
  await submitMany(100);
  await die(store, 100);
  const { client, keys } = store;
  const ids = await client.redis.zrange<string[]>(keys.dead(CLIENT), 0, 99);
  const body = { ids, ordersPerSecond: 10 };
  return await costOf(() =>
    call(redrive, request('POST /dead-letters/redrive', { body, key: ADMIN }), 202),
  );
}

/** Settles the orders that wait as dead. */
async function die(store: Store, orders = 1): Promise<void> {
  const nowMs = Date.now();
  const { claim } = await settleAndClaim(store, undefined, {
    ...{ clients: [CLIENT], ordersMax: orders, leaseMs: 30_000, nowMs },
    holder: randomUUID(),
  });
  const settlements = (claim?.leases ?? []).map((lease) => ({
    ...{ lease, client: CLIENT, kind: 'dead' as const },
    state: { status: 'dead' as const, attempts: 1, updatedAtMs: nowMs },
  }));
  const { token = 0 } = claim ?? {};
  await settleAndClaim(store, { token, settlements, nowMs, isAnnounced: false }, undefined);
}

/**
 * The daily pass over a thousand orders that have ended and over four, and forgetting all of them.
 * How Redis cuts its scans into pages is not to the command the same each time.
 */
async function upkeepCounts({ store, costOf, submitMany, drain }: Measuring) {
  const pass = () => reconcile({ store, clock: systemClock, isRepair: true });
  const retainWith = (nowMs: number) =>
    retain({ store, clock: { now: () => nowMs }, retentionMs: 1 });
  // What came before has to go, so that exactly so many are kept.
  await retainWith(Date.now() + 1_000);
  async function endedOrders(orders: number): Promise<void> {
    for (let left = orders; left > 0; left -= 500) await submitMany(Math.min(500, left));
    await drain();
  }
  await endedOrders(1_000);
  await pass();
  const passOverThousand = await costOf(pass);
  await endedOrders(3_000);
  const passOverFourThousand = await costOf(pass);
  return {
    passOverThousand,
    passOverFourThousand,
    retentionOfFourThousand: await costOf(() => retainWith(Date.now() + 1_000)),
    retentionOfNone: await costOf(() => retainWith(Date.now() + 1_000)),
  };
}

async function eventCounts({ store, costOf }: Measuring) {
  const run = () =>
    announce(
      {
        ...{ store, send: async () => ({ kind: 'taken' }), clock: systemClock },
        ...{ log: () => undefined, metrics: NO_METRICS, concurrency: 10 },
      },
      new AbortController().signal,
    );
  const put = (count: number) => {
    const entries = Array.from({ length: count }, (_, at) => `ord_${at}:produced:1`);
    return store.client.redis.lpush(store.keys.events, ...entries);
  };
  const lock = async () => {
    const { client, keys } = store;
    const asked = { client, clock: systemClock, key: keys.eventsLock, leaseMs: 30_000 };
    await (await acquireLock({ ...asked, token: 'counts' }))?.release();
  };
  await put(1);
  await run();
  await lock();
  await put(100);
  const announceOfHundred = await costOf(run);
  return {
    // As the function does it: it checks whether any waits, and only then takes its lock.
    announceOfNone: await costOf(() => hasEvents(store)),
    announceLock: await costOf(lock),
    announceOfHundred,
  };
}

async function limitedRequest({ store, costOf }: Measuring): Promise<number> {
  const limit = rateLimit(store.client, store.keys.rate, () => 1_000);
  const ask = () => limit(CLIENT, 1, systemClock.now());
  await ask();
  return await costOf(ask);
}
