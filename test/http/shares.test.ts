import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { type Deployment, deploy } from './deployment.ts';

// A server of its own, as its size is limited.
const stack = await startStack({ rules: { databaseBytesMax: 16 * 1024 * 1024 } });
afterAll(stack.stop);
beforeEach(async () => {
  await stack.admin('FLUSHDB');
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  return () => vi.useRealTimers();
});

const SIZE = { SLUICE_STORAGE_MB: '16' };
/** Longer than an instance remembers that there is no room. */
const LATER_MS = 6_000;
let keys = 0;

/** Orders of about 46 KB for next week. */
function largeBatch(count = 20) {
  const produceAt = new Date(NOW_MS + 7 * 86_400_000).toISOString();
  const line = { sku: 'x'.repeat(50), quantity: 1, unitAmount: 1 };
  const lines = Array.from({ length: 715 }, () => line);
  return Array.from({ length: count }, () => {
    keys += 1;
    return orderBody({ idempotencyKey: `large-${keys}`, lines, produceAt });
  });
}

/** Submits batches until one is refused. */
async function fill(api: Deployment, as: 'shop' | 'other') {
  for (let batches = 0; batches < 50; batches += 1) {
    const answer = await api.call('batch', { as, body: { orders: largeBatch() } });
    if (answer.status !== 200) return { ...answer, batches };
  }
  return expect.fail('Nothing was refused');
}

test('orders for a second ahead count as waiting: a client takes in no more of them than may wait', async () => {
  const api = await deploy(stack, { SLUICE_QUEUE_MAX: '5' });
  const produceAt = new Date(NOW_MS + 1_000).toISOString();
  const statuses: number[] = [];
  for (let at = 0; at < 8; at += 1) {
    statuses.push((await api.submit(orderBody({ produceAt }))).status);
  }
  expect(statuses).toEqual([202, 202, 202, 202, 202, 429, 429, 429]);
  expect(await api.submit(orderBody({ produceAt }))).toMatchObject({
    headers: { 'retry-after': '60' },
    body: { type: '/problems/queue-full' },
  });
  const later = new Date(NOW_MS + 3_600_000).toISOString();
  expect((await api.submit(orderBody({ produceAt: later }))).status).toBe(202);
  expect((await api.submit(orderBody({ produceAt }), { as: 'other' })).status).toBe(202);
});

test('orders that are due keep their client out, and nobody else, and are told', async () => {
  const api = await deploy(stack, { SLUICE_QUEUE_MAX: '5' });
  const produceAt = new Date(NOW_MS + 120_000).toISOString();
  const orders = Array.from({ length: 8 }, (_, at) =>
    orderBody({ idempotencyKey: `due-${at}`, produceAt }),
  );
  await api.call('batch', { body: { orders } });
  vi.setSystemTime(NOW_MS + 180_000);
  expect((await api.submit(orderBody())).status).toBe(202);
  expect((await api.submit(orderBody())).body.type).toBe('/problems/queue-full');
  expect((await api.submit(orderBody(), { as: 'other' })).status).toBe(202);
  expect((await api.call('stats')).body).toMatchObject({
    queued: 10,
    oldestQueuedAgeMs: 60_000,
  });
  await api.schedule({ slot: 0 }, lambdaContext());
  vi.setSystemTime(NOW_MS + 182_000);
  expect((await api.submit(orderBody())).status).toBe(202);
});

test('a client that has used its share of the storage is refused, long before the database is full', async () => {
  const api = await deploy(stack, SIZE);
  const small = orderBody();
  const batchOf = (idempotencyKey: string) =>
    api.call('batch', { body: { orders: [{ ...small, idempotencyKey }] } });
  await batchOf('mine');
  const refused = await fill(api, 'shop');
  expect(refused).toMatchObject({ status: 429, body: { type: '/problems/share-used' } });
  // Half of 16 MB, in batches of a megabyte.
  expect(refused.batches).toBeGreaterThan(7);
  expect(refused.batches).toBeLessThan(12);
  const { id } = (await api.submit(small, { as: 'other' })).body;
  expect(await api.schedule({ slot: 0 }, lambdaContext(60_000))).toMatchObject({ kind: 'drained' });
  expect((await api.read(String(id), { as: 'other' })).body.status).toBe('produced');
  vi.setSystemTime(NOW_MS + LATER_MS);
  expect((await batchOf('new')).body.type).toBe('/problems/share-used');
  vi.setSystemTime(NOW_MS + 2 * LATER_MS);
  expect((await batchOf('mine')).body).toMatchObject({ results: [{ replayed: true }] });
});

test('a client that replaces small orders by large ones passes its share no further than one that submits them', async () => {
  const api = await deploy(stack, SIZE);
  const produceAt = new Date(NOW_MS + 7 * 86_400_000).toISOString();
  const orders = Array.from({ length: 250 }, (_, at) =>
    orderBody({ idempotencyKey: `small-${at}`, produceAt }),
  );
  const { results } = (await api.call('batch', { body: { orders } })).body;
  const replace = (at: number) => {
    const { id } = (results as { order: { id: string } }[])[at]?.order ?? { id: '' };
    const { idempotencyKey: _, ...body } = { idempotencyKey: '', ...largeBatch(1)[0] };
    return api.call('replace', { id, body });
  };
  let replaced = 0;
  let answer = await replace(0);
  for (; answer.status === 200 && replaced < 240; replaced += 1)
    answer = await replace(replaced + 1);
  expect(answer).toMatchObject({
    status: 429,
    headers: { 'retry-after': '3600' },
    body: { type: '/problems/share-used' },
  });
  // Half of 16 MB, of 46 KB each.
  expect(replaced).toBeGreaterThan(150);
  expect(replaced).toBeLessThan(200);
  vi.setSystemTime(NOW_MS + LATER_MS);
  expect((await replace(245)).body.type).toBe('/problems/share-used');
  expect((await api.submit(orderBody(), { as: 'other' })).status).toBe(202);
});

test('a database without room for new orders says so, and still drains, cancels and reads', async () => {
  const api = await deploy(stack, { ...SIZE, SLUICE_STORAGE_SHARE: '80' });
  const waiting = (await api.submit(orderBody())).body;
  const scheduled = (await api.call('batch', { body: { orders: largeBatch(1) } })).body;
  await fill(api, 'other');
  const refused = await fill(api, 'shop');
  expect(refused).toMatchObject({
    status: 503,
    headers: { 'retry-after': '3600' },
    body: { type: '/problems/database-full' },
  });
  const [{ order }] = scheduled.results as [{ order: { id: string } }];
  expect((await api.call('cancel', { id: order.id })).status).toBe(200);
  expect(await api.schedule({ slot: 0 }, lambdaContext(60_000))).toMatchObject({
    report: { claimed: 2, produced: 1 },
  });
  expect((await api.read(String(waiting.id))).body.status).toBe('produced');
  expect((await api.call('list')).status).toBe(200);
});

test('a client may have limits of its own', async () => {
  const api = await deploy(stack, {
    SLUICE_CLIENT_LIMITS: '{"other": {"queued": 2, "scheduled": 7, "storageShare": 100}}',
  });
  expect((await api.call('me', { as: 'other' })).body.limits).toMatchObject({
    queuedOrders: 2,
    scheduledOrders: 7,
    storedBytes: 256 * 1024 * 1024,
  });
  for (let at = 0; at < 3; at += 1) await api.submit(orderBody(), { as: 'other' });
  expect((await api.submit(orderBody(), { as: 'other' })).status).toBe(429);
  expect((await api.submit(orderBody())).status).toBe(202);
});

test('what is counted follows what is there: upkeep puts it right', async () => {
  const api = await deploy(stack, {}, stack);
  await api.call('batch', { body: { orders: largeBatch(3) } });
  await api.submit(orderBody(), { as: 'other' });
  await api.schedule({ slot: 0 }, lambdaContext(60_000));
  await api.redis.hset(api.store.keys.bytes, { shop: 5, gone: 1_000_000, '*': 7 });
  await reconcile({ store: api.store, clock: steppedClock(NOW_MS), isRepair: true });
  const counted = (await api.redis.hgetall(api.store.keys.bytes)) as unknown as string[];
  const bytes = Object.fromEntries(
    counted.flatMap((name, at) => (at % 2 === 0 ? [[name, Number(counted[at + 1])]] : [])),
  );
  expect(bytes).toEqual({
    gone: 0,
    shop: expect.any(Number),
    other: expect.any(Number),
    '*': expect.any(Number),
  });
  // Three of 50 KB that wait, and one that was produced.
  expect(bytes.shop).toBeGreaterThan(3 * 45_000);
  expect(bytes.shop).toBeLessThan(3 * 60_000);
  expect(bytes.other).toBeGreaterThan(800);
  expect(bytes.other).toBeLessThan(1_200);
  expect(bytes['*']).toBe(Number(bytes.shop) + Number(bytes.other));
});
