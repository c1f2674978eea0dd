import { afterAll, expect, test } from 'vitest';
import { orderIdOf } from '../../lib/orders/identity.ts';
import { executedCommands } from '../../lib/store/executed-commands.ts';
import { deploy } from '../http/deployment.ts';
import { settled } from '../store/settling.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { type Call, keyed, testCosts } from './calls.ts';
import { measuredStack } from './measured-stack.ts';

const { stack, proxy, costOf, stop } = await measuredStack();
afterAll(stop);

const idsOf = (count: number, key: string) =>
  Array.from({ length: count }, (_, at) => orderIdOf('shop', `${key}-${at}`));

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** What an operator asks for: what it costs, and in how many requests, at most. */
const CALLS: readonly Call[] = [
  {
    name: 'a cancel of two by id',
    before: (api) => api.call('batch', { body: keyed(2, 'a') }),
    call: (api) => api.call('cancelMany', { body: { ids: idsOf(2, 'a') } }),
    ...{ billed: 2 * 11, requests: 2 * 2 },
  },
  {
    name: 'a redrive of 100 by id',
    before: async (api) => {
      await api.call('batch', { body: keyed(100, 'a') });
      await settled(api.store, { kind: 'rejected', reason: 'x' });
    },
    call: (api) => api.call('redriveMany', { body: { ids: idsOf(100, 'a') } }),
    ...{ billed: 9, requests: 2 },
  },
  {
    // The counts of the client and of orders that are tried alone, the pause, the report of the upkeep;
    // whose orders are pending, what is leased of them, and which have a state.
    name: 'the detailed counts of one client who has scheduled 100 orders',
    before: (api) => api.call('batch', { body: keyed(100, 'a', { produceAt: inAnHour() }) }),
    call: (api) => api.call('stats', { query: { detail: 'true' } }),
    ...{ billed: 4 + 2 * 6 + 2 + 3, requests: 8 },
  },
  {
    name: 'a list by key and client',
    before: (api) => api.submit(orderBody(), { key: 'a' }),
    call: (api) =>
      api.call('list', { as: 'admin', query: { client: 'shop', idempotencyKey: 'a' } }),
    ...{ billed: 2, requests: 1 },
  },
  {
    // The hash of each hour that it touches, and of the minutes before.
    name: 'the activity of an hour',
    call: (api) => api.call('activity'),
    ...{ billed: 3, requests: 1 },
  },
  {
    name: 'the reasons of 200 dead orders of one client',
    before: async (api) => {
      await api.call('batch', { body: keyed(200, 'a') });
      await settled(api.store, { kind: 'rejected', reason: 'x' });
    },
    call: (api) => api.call('reasons'),
    ...{ billed: 5, requests: 4 },
  },
  {
    name: 'why an order waits',
    before: (api) => api.submit(orderBody(), { key: 'a' }),
    call: (api) => api.call('explain', { id: orderIdOf('shop', 'a') }),
    ...{ billed: 9, requests: 3 },
  },
  {
    name: 'why an order is dead',
    before: async (api) => {
      await api.call('batch', { body: keyed(100, 'a') });
      await settled(api.store, { kind: 'rejected', reason: 'x' });
    },
    call: (api) => api.call('explain', { id: orderIdOf('shop', 'a-0') }),
    ...{ billed: 5, requests: 3 },
  },
  {
    name: 'a pause',
    call: (api) => api.call('pause', { body: { forMs: 1_000 } }),
    ...{ billed: 21, requests: 2 },
  },
  {
    name: 'a drain while there is a pause',
    before: async (api) => {
      await api.submit(orderBody());
      await api.call('pause', { body: { forMs: 60_000 } });
    },
    call: (api) => api.schedule({ slot: 0 }, lambdaContext(60_000)),
    ...{ billed: 2, requests: 2 },
  },
  {
    name: 'the end of a pause',
    before: (api) => api.call('pause', { body: { forMs: 60_000 } }),
    call: (api) => api.call('resume'),
    ...{ billed: 3, requests: 1 },
  },
];

testCosts(CALLS, { costOf }, () => deploy(proxy, {}, stack));

test('what Redis says it has executed in a time is what it was billed', async () => {
  const api = await deploy(proxy, {}, stack);
  const executed = async () => (await executedCommands(api.store)) ?? expect.fail();
  const before = await executed();
  const { billed } = await costOf(async () => {
    for (let at = 0; at < 20; at += 1) await api.submit(orderBody());
    await api.call('batch', { body: keyed(100, 'a') });
    await api.schedule({ slot: 0 }, lambdaContext(60_000));
    await api.call('stats', { query: { detail: 'true' } });
  });
  expect((await executed()) - before).toBe(billed);
});

test('a drain of the schedule leaves its record for one command, and one that was woken for two', async () => {
  const drained = async (trigger: 'schedule' | 'woken') => {
    const api = await deploy(proxy, {}, stack);
    await api.submit(orderBody());
    const event = { slot: 1, isWoken: trigger === 'woken' };
    const cost = await costOf(() => api.schedule(event, lambdaContext(60_000)));
    const [noted] = await api.redis.keys(api.store.keys.activity('*' as never));
    expect(await api.redis.hlen(noted ?? '')).toBe(1);
    return cost.billed;
  };
  // The one that was woken looks once more in the end.
  expect((await drained('woken')) - (await drained('schedule'))).toBe(2);
});
