import { expect, expectTypeOf, test, vi } from 'vitest';
import type { Client, NewOrder } from '../../lib/client/client.ts';
import {
  Conflict,
  Gone,
  InvalidRequest,
  KeyReused,
  NotFound,
  Unreachable,
} from '../../lib/client/errors.ts';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import type { OrderDocument } from '../../lib/contract/schemas.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { orderBody } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { collected, deployedClient, type Fate } from './deployed-client.ts';

const batch = (count: number) =>
  Array.from({ length: count }, (_, at) => orderBody({ reference: `${at}` }));

test('a submit whose answer is lost is sent again under the same key and makes one order', async () => {
  const fates: Fate[] = ['lose-request', 'lose-reply'];
  const { api, clientOf, sent } = await deployedClient((_sent, at) => fates[at] ?? 'pass');
  const { receipt, isReplay } = await clientOf('shop').submit(orderBody());
  expect(isReplay).toBe(true);
  expect(receipt).toMatchObject({ status: 'queued', totalAmount: 1_530 });
  expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(sent).toHaveLength(3);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('two submits without a key are two orders; two with one key are one', async () => {
  const { api, clientOf } = await deployedClient();
  const client = clientOf('shop');
  await client.submit(orderBody());
  await client.submit(orderBody());
  const first = await client.submit(orderBody(), { idempotencyKey: 'k' });
  const again = await client.submit(orderBody(), { idempotencyKey: 'k' });
  expect(again).toEqual({ receipt: first.receipt, isReplay: true });
  expect(await api.counts()).toMatchObject({ kept: 3 });
});

test.each(['"quoted"', '"', 'back\\slash', 'a b', '~'.repeat(255)])(
  'the key %s is the same alone and in a batch',
  async (idempotencyKey) => {
    const client = (await deployedClient()).clientOf('shop');
    const { receipt } = await client.submit(orderBody(), { idempotencyKey });
    expect(await client.submitBatch([{ ...orderBody(), idempotencyKey }])).toEqual([
      { kind: 'accepted', receipt, isReplay: true },
    ]);
  },
);

test.each(['', ' a', 'é', 'a\n', 'x'.repeat(256)])('%j is no key, and is not sent', async (key) => {
  const { clientOf, sent } = await deployedClient();
  const submitted = clientOf('shop').submit(orderBody(), { idempotencyKey: key });
  await expect(submitted).rejects.toThrow(TypeError);
  expect(sent).toEqual([]);
});

test('an order is read, canceled, and told from one that is not there', async () => {
  const { clientOf } = await deployedClient();
  const client = clientOf('shop');
  const { receipt } = await client.submit(orderBody({ reference: 'r' }));
  expect(await client.get(receipt.id)).toMatchObject({ ...receipt, attempts: 0 });
  expect(await client.cancel(receipt.id)).toMatchObject({ status: 'canceled', attempts: 0 });
  expect(await clientOf('writer').cancel(receipt.id)).toEqual({ ...receipt, status: 'canceled' });
  await expect(clientOf('other').get(receipt.id)).rejects.toThrow(NotFound);
  await expect(clientOf('admin').redrive(receipt.id)).rejects.toThrow(Conflict);
});

test('a refusal says what is wrong with the order, and which request it was', async () => {
  const client = (await deployedClient()).clientOf('shop');
  const wrong = client.submit(orderBody({ lines: [] }));
  await expect(wrong).rejects.toThrow(InvalidRequest);
  await expect(wrong).rejects.toMatchObject({
    problem: {
      status: 400,
      type: '/problems/invalid-order',
      errors: [{ pointer: '/lines' }],
      requestId: expect.stringMatching(/^[\w.-]+$/),
    },
  });
  await client.submit(orderBody(), { idempotencyKey: 'k' });
  const other = client.submit(orderBody({ customer: 'b' }), { idempotencyKey: 'k' });
  await expect(other).rejects.toThrow(KeyReused);
});

test('a list reads all pages, and each order comes once while others come in', async () => {
  const { clientOf, sent } = await deployedClient();
  const client = clientOf('shop');
  await client.submitBatch(batch(250));
  const listed: string[] = [];
  for await (const { reference } of client.list()) {
    listed.push(String(reference));
    if (listed.length % 100 === 1) await client.submit(orderBody({ reference: 'late' }));
  }
  expect(new Set(listed).size).toBe(250);
  expect(listed).toHaveLength(250);
  expect(listed).not.toContain('late');
  expect(sent.filter(({ route }) => route === 'GET /orders').length).toBeLessThanOrEqual(4);
  const before = sent.length;
  expect(await collected(client.list({ limit: 2, customer: '17850' }))).toHaveLength(2);
  expect(sent).toHaveLength(before + 1);
});

test('a wait polls the order at growing pauses until it is produced', async () => {
  let polls = 0;
  const { api, clientOf, sent, sleptMs } = await deployedClient(({ route }) => {
    if (route === 'GET /orders/{id}') polls += 1;
    return 'pass';
  });
  const client = clientOf('shop');
  const { receipt } = await client.submit(orderBody());
  const waited = client.waitUntilProduced(receipt.id);
  await vi.waitUntil(() => polls > 5);
  await api.call('drain');
  expect(await waited).toMatchObject({ kind: 'produced', order: { orderNumber: 1 } });
  expect(sleptMs.slice(0, 4)).toEqual([250, 375, 563, 844]);
  expect(Math.max(...sleptMs)).toBeLessThanOrEqual(10_000);
  const looks = sent.filter(({ route }) => route === 'GET /orders/{id}');
  expect(looks[0]?.headers['if-none-match']).toBeUndefined();
  expect(looks[1]?.headers['if-none-match']).toMatch(/^"/);
});

test('a wait ends when its time is up, when the order is canceled, and when it is aborted', async () => {
  const { clientOf, sleptMs } = await deployedClient();
  const client = clientOf('shop');
  const { receipt } = await client.submit(orderBody());
  const late = await client.waitUntilProduced(receipt.id, { timeoutMs: 60_000 });
  expect(late).toMatchObject({ kind: 'timeout', order: { status: 'queued' } });
  expect(sleptMs.reduce((sum, ms) => sum + ms, 0)).toBe(60_000);
  await client.cancel(receipt.id);
  expect(await client.waitUntilProduced(receipt.id)).toMatchObject({ kind: 'canceled' });
  const gone = client.waitUntilProduced('ord_0', { signal: AbortSignal.abort() });
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
});

test('dead orders are listed and put back; a redrive whose answer is lost is not repeated', async () => {
  const redriveMany = 'POST /dead-letters/redrive';
  const { api, clientOf, sent } = await deployedClient(({ route }) =>
    route === redriveMany ? 'lose-reply' : 'pass',
  );
  const [shop, admin] = [clientOf('shop'), clientOf('admin')];
  await shop.submitBatch(batch(120));
  const producer = producerOf(() => ({ kind: 'rejected', reason: 'No stock.' }));
  const clock = steppedClock(Date.now());
  await runDrain(api.store, { producer, clock, limits: { batchSize: 120 } });

  const dead = await collected(admin.deadLetters());
  expect(new Set(dead.map(({ id }) => id)).size).toBe(120);
  const id = String(dead[0]?.id);
  const order = { status: 'dead', lastError: { reason: 'No stock.' } };
  expect(await shop.waitUntilProduced(id)).toMatchObject({ kind: 'dead', order });
  expect(await admin.redrive(id)).toMatchObject({ id, status: 'queued', attempts: 0 });
  await expect(admin.redriveDeadLetters({ limit: 2 })).rejects.toThrow(Unreachable);
  expect(sent.filter(({ route }) => route === redriveMany)).toHaveLength(1);
  expect(await admin.stats()).toMatchObject({ dead: 117 });
});

test('every route of the contract has its method', async () => {
  const { clientOf, sent } = await deployedClient(undefined, { SLUICE_STOCK: 'on' });
  const client = clientOf('admin');
  const { receipt } = await client.submit(orderBody());
  await client.submitBatch([orderBody()]);
  await client.get(receipt.id);
  await client.listPage();
  await client.replace(receipt.id, orderBody({ customer: 'b' }));
  await client.cancel(receipt.id);
  expect(await client.explain(receipt.id)).toMatchObject({ id: receipt.id });
  expect(await client.cancelMany([receipt.id])).toMatchObject({ canceled: 1 });
  await client.redrive(receipt.id).catch(() => {});
  await client.deadLettersPage({ limit: 1 });
  expect(await client.redriveDeadLetters({ limit: 1 })).toEqual({ redriven: 0 });
  expect(await client.pause({ forMs: 60_000 })).toMatchObject({ by: 'ops' });
  expect((await client.activity()).buckets).toHaveLength(61);
  expect(await client.deadLetterReasons()).toMatchObject({ groups: [], dead: 0 });
  expect(await client.resume()).toEqual({ resumed: true });
  expect(await client.drain()).toMatchObject({ produced: 1, remaining: 0 });
  expect(await client.stats()).toMatchObject({ produced: 1, canceled: 1 });
  await client.erase(receipt.id);
  const key = { idempotencyKey: 'same' };
  await client.setStock('a b/c', { available: 5 });
  for (const _ of [1, 2]) await client.changeStock([{ sku: 'a b/c', add: 2 }], key);
  expect(await client.stock('a b/c')).toMatchObject({ available: 7 });
  expect(await collected(client.stocks())).toHaveLength(1);
  await client.untrackStock('a b/c');
  await expect(client.get(receipt.id)).rejects.toThrow(Gone);
  expect(await client.me()).toMatchObject({ client: 'ops', limits: { batchOrders: 500 } });
  expect(await client.openApi()).toMatchObject({ info: { title: 'Sluice' } });
  expect(new Set(sent.map(({ route }) => route))).toEqual(new Set(Object.keys(OPERATIONS)));
});

test('orders and answers have the types of the definitions that validate and describe them', () => {
  const order = { customer: 'a', currency: 'GBP', lines: [], metadata: { a: 'b' } } as const;
  expectTypeOf(order).toExtend<NewOrder>();
  expectTypeOf<Omit<typeof order, 'lines'>>().not.toExtend<NewOrder>();
  expectTypeOf<Awaited<ReturnType<Client['get']>>>().toEqualTypeOf<OrderDocument>();
  type Result = Awaited<ReturnType<Client['submitBatch']>>[number];
  expectTypeOf<Result['kind']>().toEqualTypeOf<'accepted' | 'refused'>();
  type Waited = Awaited<ReturnType<Client['waitUntilProduced']>>;
  expectTypeOf<Waited['kind']>().toEqualTypeOf<'produced' | 'dead' | 'canceled' | 'timeout'>();
});
