import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { deploy } from './deployment.ts';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('where Redis is full, a submit is 503 and writes nothing; the repeat is taken', async () => {
  await using stack = await startStack();
  const api = await deploy(stack);
  await stack.admin('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await stack.admin('CONFIG', 'SET', 'maxmemory', '1');
  const answer = await api.submit(orderBody(), { key: 'same' });
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(await stack.admin('DBSIZE')).toMatchObject({ digits: '0' });
  await stack.admin('CONFIG', 'SET', 'maxmemory', '0');
  expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(202);
  expect(await stack.admin('DBSIZE')).toMatchObject({ digits: '3' });
});

test('a Redis that has forgotten its scripts is not noticed', async () => {
  await using stack = await startStack();
  const api = await deploy(stack);
  const first = await api.submit(orderBody(), { key: 'same' });
  for (const route of ['stats', 'drain'] as const) {
    await stack.admin('SCRIPT', 'FLUSH');
    expect((await api.call(route)).status).toBe(200);
  }
  await stack.admin('SCRIPT', 'FLUSH');
  expect((await api.submit(orderBody(), { key: 'same' })).text).toBe(first.text);
});

const WRONG_TYPES = ['order_index', 'order_queue'];

test.each(WRONG_TYPES)('where %s is a string, a submit is 500 and writes nothing', async (name) => {
  const api = await deploy();
  await api.redis.set(api.prefix + name, 'a string');
  expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(500);
  expect(await api.keys()).toEqual([name]);
});
