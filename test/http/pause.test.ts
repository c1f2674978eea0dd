import { beforeEach, expect, test } from 'vitest';
import { keepReport } from '../../lib/store/upkeep-report.ts';
import { runDrain } from '../support/drains.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  api = await deploy();
});

const pause = (body: object = { forMs: 60_000, reason: 'ERP release' }) =>
  api.call('pause', { body });

test('a pause stops the drains of the schedule, of submits and of operators, in every slot', async () => {
  const { status, body } = await pause();
  expect(status).toBe(200);
  expect(body).toMatchObject({ by: 'ops', reason: 'ERP release' });
  expect(Date.parse(String(body.until)) - Date.parse(String(body.since))).toBe(60_000);
  const { body: receipt } = await api.submit(orderBody());
  for (const event of [{ slot: 0 }, { slot: 19 }, { slot: 0, isWoken: true }]) {
    expect(await api.schedule(event, lambdaContext())).toEqual({ kind: 'busy' });
  }
  expect(await api.call('drain')).toMatchObject({
    status: 409,
    body: { type: '/problems/paused', detail: `ops has paused the drains until ${body.until}.` },
  });
  expect((await api.read(String(receipt.id))).body).toMatchObject({ status: 'queued' });
  expect((await api.call('stats')).body).toMatchObject({ queued: 1, pause: body });
});

test('it ends by itself in every slot, and sooner if asked to', async () => {
  await pause({ forMs: 3_600_000 });
  const locks = Array.from({ length: 20 }, (_, slot) => api.store.keys.lock(slot));
  for (const lock of locks) {
    const leftMs = await api.redis.pttl(lock);
    expect(leftMs).toBeGreaterThan(3_590_000);
    expect(leftMs).toBeLessThanOrEqual(3_600_000);
  }
  await api.redis.del(locks[1] as string);
  await api.redis.set(locks[1] as string, 'a drain that is at work');
  expect((await api.call('resume')).body).toEqual({ resumed: true });
  expect(await api.redis.exists(...locks)).toBe(1);
  expect((await api.call('resume')).body).toEqual({ resumed: false });
  expect((await api.call('stats')).body).not.toHaveProperty('pause');
  await api.submit(orderBody());
  expect((await api.call('drain')).body).toMatchObject({ produced: 1 });
});

test('asked for again it ends at the new time, and still tells since when', async () => {
  const { since } = (await pause()).body;
  const again = (await pause({ forMs: 5_000 })).body;
  expect(again).toMatchObject({ by: 'ops', since });
  expect(again).not.toHaveProperty('reason');
  expect(await api.redis.pttl(api.store.keys.lock(7))).toBeLessThanOrEqual(5_000);
});

test('a drain that is at work leaves the pause alone when it ends', async () => {
  await api.submit(orderBody());
  const { lock } = api.store.keys;
  const run = await runDrain(api.store, {
    producer: async (orders) => {
      await pause();
      return new Map(orders.map(({ id }) => [id, { kind: 'produced' } as const]));
    },
  });
  expect(run).toMatchObject({ produced: 1 });
  expect(await api.redis.get(lock(0))).toMatch(/^paused /);
});

test.each([
  ...[{}, { forMs: 999 }, { forMs: 3_600_001 }, { forMs: 1_000.5 }, { forMs: '5000' }],
  ...[
    { forMs: 1_000, reason: '' },
    { forMs: 1_000, reason: 'x'.repeat(201) },
  ],
  ...[
    { forMs: 1_000, reason: 'a\nb' },
    { forMs: 1_000, until: 'x' },
  ],
])('%j is refused', async (body) => {
  expect(await pause(body)).toMatchObject({
    status: 400,
    body: { type: '/problems/invalid-pause' },
  });
  expect(await api.keys()).toEqual([]);
});

test('the counts tell in detail of the limits, of each client, and of the last upkeep', async () => {
  await api.submit(orderBody());
  await api.submit(orderBody(), { as: 'other' });
  await api.submit(orderBody(), { as: 'other' });
  const query = { detail: 'true' };
  expect((await api.call('stats', { query })).body.detail).toMatchObject({
    ...{ queueMax: 1_000_000, attemptsMax: 24, wakeIntervalMs: null, upkeep: null },
    clients: [
      { client: 'other', queued: 2, pending: 0, dead: 0 },
      { client: 'shop', queued: 1 },
    ],
  });
  const found = { stranded: 3, totals: 1 };
  await keepReport(api.store, {
    ...{ startMs: 0, endMs: 1_000, isComplete: true, orders: 9, accountedFor: 8, found },
    ...{ repaired: { stranded: 2 }, listed: [{ kind: 'stranded', id: 'ord_x' }] },
  });
  expect((await api.call('stats', { query })).body.detail).toMatchObject({
    upkeep: { endedAt: '1970-01-01T00:00:01.000Z', orders: 9, accountedFor: 8, found },
  });
  expect((await api.call('stats')).body).not.toHaveProperty('detail');
  expect((await api.call('stats', { query: { detail: 'x' } })).status).toBe(400);
});
