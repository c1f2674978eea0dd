import { beforeEach, expect, inject, test, vi } from 'vitest';
import { producerOf, runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

test('shows what drains did, minute by minute, and how each ended', async () => {
  await api.schedule({ slot: 0 }, lambdaContext());
  for (let at = 0; at < 3; at += 1) await api.submit(orderBody());
  vi.setSystemTime(NOW_MS + 2_000);
  await api.schedule({ slot: 1 }, lambdaContext());
  vi.setSystemTime(NOW_MS + 60_000);
  await api.submit(orderBody());
  await api.call('drain');
  const { status, body } = await api.call('activity');
  expect(status).toBe(200);
  const buckets = body.buckets as Record<string, unknown>[];
  expect(buckets.slice(-2)).toMatchObject([
    { claimed: 3, produced: 3, drains: 1, depth: 0, oldestAgeMs: 2_000, p50Ms: expect.any(Number) },
    { cameIn: 1, claimed: 1, produced: 1, drains: 1, depth: 0 },
  ]);
  expect(body.drains).toMatchObject([
    { slot: 0, claimed: 1, ending: 'empty' },
    { slot: 1, claimed: 3, isWoken: false },
  ]);
});

test.each([
  ...[{ step: '0' }, { step: '1441' }, { from: 'x' }, { to: '2026-13-01T00:00:00Z' }],
  ...[{ from: '2026-11-23T00:00:00Z', to: '2026-11-23T00:00:00Z' }],
  ...[{ from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:01Z', step: '60' }],
  { from: '2026-11-01T00:00:00Z', to: '2026-11-03T00:00:00Z' },
])('%j is refused', async (query) => {
  expect(await api.call('activity', { query: query as Record<string, string> })).toMatchObject({
    status: 400,
    body: { type: '/problems/invalid-query' },
  });
});

test('a drain that is not noted has drained all the same', async () => {
  await api.submit(orderBody());
  for (let hour = 0; hour < 168; hour += 1) await api.redis.set(api.store.keys.activity(hour), 'x');
  expect((await api.call('drain')).body).toMatchObject({ produced: 1 });
  expect((await api.call('activity')).status).toBe(500);
});

test('a drain that Redis failed is told by the next one of its process', async () => {
  let isAway = false;
  const { SETTLE } = await import('../../lib/store/scripts.ts');
  await using proxy = await faultyProxy(inject('upstash'), ({ body }) => {
    // From the first settlement on.
    isAway = isAway || (body.includes(SETTLE.sha1) && body.includes('"produced"'));
    return isAway && isFailing ? 'lose-request' : 'pass';
  });
  let isFailing = true;
  const behind = await deploy(proxy);
  for (let at = 0; at < 3; at += 1) await behind.submit(orderBody());
  expect((await behind.call('drain')).status).toBe(503);
  isFailing = false;
  vi.setSystemTime(NOW_MS + 120_000);
  await behind.submit(orderBody());
  // Of another slot, as nobody has released the lock.
  expect(await behind.schedule({ slot: 1 }, lambdaContext(60_000))).toMatchObject({
    report: { claimed: 4, produced: 1, retried: 3 },
  });
  expect((await behind.call('activity')).body.drains).toMatchObject([
    { claimed: 4, produced: 1, retried: 3, ending: 'empty' },
    { claimed: 3, produced: 0, depth: null, ending: 'store-failed' },
  ]);
});

test('an ending tells of a producer that is down, with its last error', async () => {
  const { DrainNotes } = await import('../../lib/drain/notes.ts');
  await api.submit(orderBody());
  const notes = new DrainNotes();
  const producer = producerOf(() => ({ kind: 'untried' }));
  await runDrain(api.store, { producer, notes });
  const drain = { startMs: 0, endMs: 1, slot: 0, trigger: 'schedule' } as const;
  expect(notes.record(drain, { aborted: false })).toMatchObject({
    ...{ claimed: 1, produced: 0, ending: 'producer-down', queued: 0, due: 1 },
  });
  expect(notes.record(drain, { aborted: true }).ending).toBe('lock-lost');
});
