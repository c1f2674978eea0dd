import { afterAll, expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { countOrders } from '../../lib/store/count.ts';
import { hasEvents, oldestEvents, takeOutEvents } from '../../lib/store/events.ts';
import { extend } from '../../lib/store/extend.ts';
import { listOrders } from '../../lib/store/list.ts';
import { rateLimit } from '../../lib/store/rate-limit.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { deploy } from '../http/deployment.ts';
import { settled, submitted } from '../store/settling.ts';
import { runDrain } from '../support/drains.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, newOrder, orderBody } from '../support/orders.ts';
import { claimReady, freshStore, submitAll, submitOne, type TestStore } from '../support/store.ts';
import { type Api, type Call, keyed, testCosts } from './calls.ts';
import { measuredStack } from './measured-stack.ts';

const { proxy, costOf, stop } = await measuredStack();
afterAll(stop);
const LATER_MS = NOW_MS + 60_000;

const drain = (api: Api, event = {}) => api.schedule({ slot: 0, ...event }, lambdaContext(60_000));

/** What goes through the functions: what it costs, and in how many requests, at most. */
const CALLS: readonly Call[] = [
  {
    name: 'a new order, where the client’s queue was empty',
    call: (api) => api.submit(orderBody()),
    ...{ billed: 4, told: 3, requests: 1 },
  },
  {
    name: 'a new order',
    before: (api) => api.submit(orderBody()),
    call: (api) => api.submit(orderBody()),
    ...{ billed: 3, requests: 1 },
  },
  {
    name: 'a replayed order',
    before: (api) => api.submit(orderBody(), { key: 'same' }),
    call: (api) => api.submit(orderBody(), { key: 'same' }),
    ...{ billed: 3, requests: 1 },
  },
  {
    name: 'a batch of 100, where the client’s queue was empty',
    call: (api) => api.call('batch', { body: keyed(100, 'a') }),
    ...{ billed: 4, told: 3, requests: 1 },
  },
  {
    name: 'a batch of 100',
    before: (api) => api.submit(orderBody()),
    call: (api) => api.call('batch', { body: keyed(100, 'a') }),
    ...{ billed: 3, requests: 1 },
  },
  {
    name: 'a batch of 100 of which some are known',
    before: (api) => api.call('batch', { body: keyed(50, 'a') }),
    call: (api) => api.call('batch', { body: keyed(100, 'a') }),
    ...{ billed: 5, told: 3, requests: 1 },
  },
  {
    name: 'GET /orders/{id}',
    before: (api) => api.submit(orderBody()),
    call: (api) => api.read(newOrder('none').id),
    ...{ billed: 2, requests: 1 },
  },
  // Every fifth minute it says so.
  { name: 'a drain that finds nothing', call: drain, ...{ billed: 2, requests: 2 } },
  {
    name: 'a drain of another slot that finds nothing',
    call: (api) => drain(api, { slot: 1 }),
    ...{ billed: 1, requests: 1 },
  },
  {
    // Look, lock (2), 2 claims; read, settle with a last claim that is empty; record; release.
    name: 'a drain of one batch of 100',
    before: (api) => api.call('batch', { body: keyed(100, 'a') }),
    call: drain,
    ...{ billed: 45, requests: 10 },
  },
];

testCosts(CALLS, { costOf }, () => deploy(proxy));

test('waking a drain costs a command, where the queue was empty', async () => {
  const api = await deploy(proxy, {
    SLUICE_WAKE_INTERVAL_MS: '100',
    SLUICE_DRAIN_FUNCTION: 'drain',
    AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1',
  });
  expect(await costOf(() => api.submit(orderBody()))).toEqual({ billed: 5, requests: 2 });
  expect(await costOf(() => api.submit(orderBody()))).toEqual({ billed: 3, requests: 1 });
  process.env.SLUICE_WAKE_INTERVAL_MS = '';
});

async function life(orders: number, submit: (store: TestStore) => Promise<unknown>) {
  const store = freshStore(proxy);
  const submitting = await costOf(() => submit(store));
  const draining = await costOf(async () => {
    const limits = { batchSize: 100, isAnnounced: false };
    expect(await runDrain(store, { limits })).toMatchObject({ produced: orders });
  });
  return {
    billed: (submitting.billed + draining.billed) / orders,
    requests: draining.requests,
    submits: submitting.requests,
  };
}

test('the life of an order costs 3.4 commands submitted alone, and 0.4 in batches, drained in batches of 100', async () => {
  const alone = await life(300, async (store) => {
    for (let at = 0; at < 300; at += 1) await submitOne(store, newOrder(`key-${at}`));
  });
  expect(alone.billed).toBeLessThanOrEqual(3.4);
  expect(alone.submits).toBe(300);
  const batched = await life(1_000, async (store) => {
    for (let from = 0; from < 1_000; from += 100) {
      const batch = Array.from({ length: 100 }, (_, at) => newOrder(`key-${from + at}`));
      await submitAll(store, batch);
    }
  });
  expect(batched.billed).toBeLessThanOrEqual(0.4);
  // Two for each batch; the look, and what the two lanes find in the end.
  expect(batched.requests).toBeLessThanOrEqual(2 * 10 + 4);
});

/** What the store is also asked for, and what that costs exactly. */
const STEPS: Record<
  string,
  { billed: number; make: (store: TestStore) => Promise<() => Promise<unknown>> }
> = {
  'an extension of 100 leases of one client': {
    billed: 3,
    async make(store) {
      await submitted(store, 'shop', 100);
      const { leases } = await claimReady(store);
      return () => extend(store, leases, LATER_MS);
    },
  },
  'a cancel': {
    billed: 11,
    async make(store) {
      const [id] = (await submitted(store, 'shop', 2)) as [string];
      return () => cancel(store, { id, client: 'shop', nowMs: NOW_MS });
    },
  },
  'a redrive of 100 at a pace': {
    billed: 9,
    async make(store) {
      const ids = await submitted(store, 'shop', 100);
      await settled(store, { kind: 'rejected', reason: 'x' });
      return () => redrive(store, { ids, pauseMs: 1, redriveId: 'm', nowMs: LATER_MS });
    },
  },
  'the counts of two clients': {
    billed: 4 + 6 * 2,
    async make(store) {
      await submitted(store, 'shop', 1);
      await submitted(store, 'other', 1);
      return () => countOrders(store, NOW_MS);
    },
  },
  'a page of 100 events that are announced': {
    billed: 6,
    async make(store) {
      await submitted(store, 'shop', 100);
      await settled(store);
      return async () => {
        const events = await oldestEvents(store, 'events', 0, NOW_MS);
        await takeOutEvents(
          store,
          'events',
          events.map(({ id, tries }) => ({ id, tries, to: { kind: 'out' } })),
        );
      };
    },
  },
  'a page of 50 orders of one client': {
    billed: 1 + 2 * 2,
    async make(store) {
      await submitted(store, 'shop', 60);
      const request = { of: 'orders', ordersMax: 50, matches: () => true } as const;
      return () => listOrders(store, { ...request, client: 'shop', nowMs: NOW_MS });
    },
  },
  'a look for events': { billed: 1, make: async (store) => () => hasEvents(store) },
  'a request within the rate limit, in a new window and in an old one': {
    billed: 3 + 2,
    async make({ client, prefix }) {
      const warm = rateLimit(client, `${prefix}warm`, () => 2);
      await warm('shop', 1, Date.now());
      const limit = rateLimit(client, `${prefix}rate`, () => 2);
      return async () => {
        await limit('shop', 1, Date.now());
        await limit('shop', 1, Date.now());
      };
    },
  },
};

test.for(Object.entries(STEPS))('%s costs what it says', async ([, { billed, make }]) => {
  const step = await make(freshStore(proxy));
  expect((await costOf(step)).billed).toBe(billed);
});

test('events cost a command for each batch that is settled', async () => {
  const settling = async (isAnnounced: boolean) => {
    const store = freshStore(proxy);
    await submitted(store, 'shop', 100);
    return await costOf(() => runDrain(store, { limits: { batchSize: 100, isAnnounced } }));
  };
  const [off, on] = [await settling(false), await settling(true)];
  expect(on.billed - off.billed).toBe(1);
});
