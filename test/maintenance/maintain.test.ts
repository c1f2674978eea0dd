import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lastReport } from '../../lib/store/upkeep-report.ts';
import { functionEnvironment, lambdaContext } from '../support/functions.ts';
import { orderIn, placesOf } from '../support/maintenance.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { readOrder, storeWith, submitOne } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

const DAY_MS = 86_400_000;
let output: string[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS + 31 * DAY_MS });
  output = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The function in a deployment of its own, and that deployment's store. */
async function deployed(variables: Record<string, string> = {}) {
  const environment = { ...functionEnvironment(stack), ...variables };
  vi.resetModules();
  Object.assign(process.env, { SLUICE_RETENTION_DAYS: '', ...environment });
  const { handler } = await import('../../functions/maintain.ts');
  const store = storeWith(stack, environment.SLUICE_PREFIX as string);
  return { store, run: (remainingMs = 900_000) => handler({}, lambdaContext(remainingMs)) };
}

const lines = () => output.map((line) => JSON.parse(line));

test('each day old orders go, what is wrong is repaired, and one line each says how many', async () => {
  const { store, run } = await deployed();
  const produced = await orderIn(store, 'produced');
  const [stranded] = (await submitOrders(store, 1)) as [string];
  await store.redis.del(store.keys.queue('shop'));
  await run();
  expect(lines()).toMatchObject([
    {
      level: 'warn',
      event: 'reconciled',
      orders: 2,
      found: 1,
      repaired: 1,
      unrepaired: 0,
      kinds: { stranded: 1 },
      listed: [{ kind: 'stranded', id: stranded }],
      isComplete: true,
    },
    { level: 'info', event: 'retained', removed: 1, kept: 0, lost: 0, isComplete: true },
  ]);
  expect(await placesOf(store, produced.id)).toEqual([]);
  expect(await placesOf(store, stranded)).toEqual(['pending']);
  expect(await lastReport(store)).toMatchObject({
    ...{ orders: 2, accountedFor: 2, found: { stranded: 1 }, repaired: { stranded: 1 } },
  });
});

test('an order that was accepted anew after its records were lost is not forgotten as ended', async () => {
  const { store, run } = await deployed();
  const produced = await orderIn(store, 'produced');
  await store.redis.del(store.keys.order(produced.id), store.keys.state(produced.id));
  expect(await submitOne(store, produced)).toEqual({ kind: 'accepted' });
  await run();
  expect(await readOrder(store, produced.id, NOW_MS)).toMatchObject({ status: 'queued' });
});

test('an ordinary day is told without an alarm', async () => {
  const { store, run } = await deployed();
  await submitOrders(store, 2);
  await run();
  expect(lines().map(({ level, event, found }) => [level, event, found])).toEqual([
    ['info', 'reconciled', 0],
    ['info', 'retained', undefined],
  ]);
});

test('orders are kept for as long as the deployment says', async () => {
  const { store, run } = await deployed({ SLUICE_RETENTION_DAYS: '32' });
  const { id } = await orderIn(store, 'produced');
  await run();
  expect(await placesOf(store, id)).toEqual(['ended']);
});

test('what cannot be repaired is an error in the log', async () => {
  const { store, run } = await deployed();
  const [lost] = (await submitOrders(store, 1)) as [string];
  await store.redis.del(store.keys.order(lost));
  await run();
  expect(lines()[0]).toMatchObject({ level: 'error', unrepaired: 1, kinds: { lost: 1 } });
});

test('without time left it stops before the Lambda is ended, and says so', async () => {
  const { store, run } = await deployed();
  await orderIn(store, 'produced');
  await run(30_000);
  expect(lines()).toMatchObject([
    { level: 'error', event: 'reconciled', isComplete: false },
    { level: 'warn', event: 'retained', isComplete: false },
  ]);
});

test('nothing of an order is in the log but its id', async () => {
  const { store, run } = await deployed();
  await submitOrders(store, 3);
  await store.redis.del(store.keys.queue('shop'));
  await run();
  expect(output.join('')).not.toMatch(/17850|85123A|GBP|key-0/);
});
