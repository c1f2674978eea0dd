import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  api = await deploy(undefined, { SLUICE_QUEUE_MAX: '3' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const submitMany = async (count: number): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await api.submit(orderBody()));
  return answers;
};
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status);

test('submits past the limit are refused, with when to come back, and nothing of them is taken', async () => {
  expect(statusesOf(await submitMany(4))).toEqual([202, 202, 202, 202]);
  const answer = await api.submit(orderBody(), { key: 'refused' });
  expect(answer.status).toBe(429);
  expect(answer.body).toMatchObject({ type: '/problems/queue-full', status: 429 });
  expect(answer.headers['retry-after']).toBe('60');
  expect(await api.counts()).toEqual({ kept: 4, queued: 4 });
});

test('what is known of the depth is forgotten after a second, so that one finds out', async () => {
  await submitMany(4);
  vi.setSystemTime(NOW_MS + 1_000);
  expect(statusesOf(await submitMany(1))).toEqual([429]);
  vi.setSystemTime(NOW_MS + 1_001);
  expect(statusesOf(await submitMany(2))).toEqual([202, 429]);
});

test('submits are taken again once a drain has made room', async () => {
  await submitMany(5);
  await api.schedule({ slot: 0 }, lambdaContext());
  vi.setSystemTime(NOW_MS + 2_000);
  expect(statusesOf(await submitMany(3))).toEqual([202, 202, 202]);
});

test('a batch that goes past the limit is taken whole, and the next one refused whole', async () => {
  const orders = (name: string) =>
    Array.from({ length: 5 }, (_, at) => orderBody({ idempotencyKey: `${name}${at}` }));
  expect((await api.call('batch', { body: { orders: orders('a') } })).status).toBe(200);
  const refused = await api.call('batch', { body: { orders: orders('b') } });
  expect(refused.status).toBe(429);
  expect(await api.counts()).toEqual({ kept: 5, queued: 5 });
});

test('a body that is wrong is a 400 also then', async () => {
  await submitMany(4);
  expect((await api.submit({})).status).toBe(400);
  expect(
    (await api.submit(orderBody(), { key: undefined, headers: { 'idempotency-key': '' } })).status,
  ).toBe(400);
});

test('orders for later do not fill the queue', async () => {
  const later = orderBody({ produceAt: new Date(NOW_MS + 60_000).toISOString() });
  for (let index = 0; index < 5; index += 1) expect((await api.submit(later)).status).toBe(202);
});
