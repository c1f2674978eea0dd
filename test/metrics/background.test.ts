import { expect, inject, test } from 'vitest';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { valuesIn } from './emf-lines.ts';
import { measuring, takeOutput } from './measuring.ts';

const { linesSince } = takeOutput();
const JUST_NOW_S = 60;

test('a drain over HTTP measures as the schedule’s does, and one that finds another is refused', async () => {
  const api = await measuring();
  await api.submit(orderBody());
  linesSince();
  await api.call('drain');
  expect(valuesIn(linesSince(), 'OrdersProduced')).toEqual([1]);
  await api.redis.set(`${api.prefix}order_lock:0`, 'another');
  await api.call('drain');
  const lines = linesSince();
  expect(valuesIn(lines, 'Refused', 'drain-running')).toEqual([1]);
  expect(valuesIn(lines, 'DrainDuration')).toEqual([]);
});

test('a drain that cannot reach Redis has no duration: it did not come to its end', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'lose-request');
  const api = await measuring({}, proxy);
  await expect(api.schedule({ slot: 0 }, lambdaContext())).rejects.toThrow('Redis');
  const lines = linesSince();
  expect(valuesIn(lines, 'DrainDuration')).toEqual([]);
  expect(valuesIn(lines, 'RedisErrors')[0]).toBeGreaterThan(0);
});

test('the announcer tells how old the oldest event is, and that none waits', async () => {
  const api = await measuring({
    SLUICE_EVENTS_URL: 'https://shop.invalid/events',
    SLUICE_EVENTS_SECRETS: `whsec_${'a'.repeat(32)}`,
  });
  await api.announce();
  expect(valuesIn(linesSince(), 'OldestEventAge')).toEqual([0]);
  const producedAtMs = Date.now() - 90_000;
  await api.redis.lpush(`${api.prefix}order_events`, `ord_x:produced:${producedAtMs}`);
  await api.announce();
  const [ageS = 0] = valuesIn(linesSince(), 'OldestEventAge');
  expect(ageS).toBeGreaterThanOrEqual(90);
  expect(ageS).toBeLessThan(90 + JUST_NOW_S);
});

test('the upkeep tells that its pass came to its end, and what it could not repair', async () => {
  const api = await measuring();
  const { handler: maintain } = await import('../../functions/maintain.ts');
  const { body } = await api.submit(orderBody());
  linesSince();
  await maintain({}, lambdaContext(900_000));
  let lines = linesSince();
  expect(valuesIn(lines, 'ReconcilePasses')).toEqual([1]);
  expect(valuesIn(lines, 'ReconcileUnrepaired')).toEqual([]);
  await api.redis.del(`${api.prefix}order:${body.id}`);
  await maintain({}, lambdaContext(900_000));
  lines = linesSince();
  expect(valuesIn(lines, 'ReconcilePasses')).toEqual([1]);
  expect(valuesIn(lines, 'ReconcileUnrepaired')).toEqual([1]);
  await maintain({}, lambdaContext(30_000));
  expect(valuesIn(linesSince(), 'ReconcilePasses')).toEqual([]);
});
