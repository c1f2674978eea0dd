import { beforeEach, expect, test, vi } from 'vitest';
import { Conflict, InvalidRequest, KeyReused, NotFound } from '../../lib/client/errors.ts';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { orderBody } from '../support/orders.ts';
import { collected, deployedClient } from './deployed-client.ts';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

test('a submit whose answer is lost is sent again under the same key and makes one order', async () => {
  const { api, clientOf, sent } = await deployedClient((_sent, index) =>
    index === 0 ? 'lose-request' : index === 1 ? 'lose-reply' : 'pass',
  );
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
  const first = await client.submit(orderBody());
  const second = await client.submit(orderBody());
  expect(first.receipt.id).not.toBe(second.receipt.id);
  const kept = await client.submit(orderBody(), { idempotencyKey: 'k' });
  const again = await client.submit(orderBody(), { idempotencyKey: 'k' });
  expect(again).toEqual({ receipt: kept.receipt, isReplay: true });
  expect(await api.counts()).toMatchObject({ kept: 3 });
});

test.each(['"quoted"', '"', 'back\\slash', 'a b', '~'.repeat(255)])(
  'the key %s is the same alone and in a batch',
  async (idempotencyKey) => {
    const { clientOf } = await deployedClient();
    const client = clientOf('shop');
    const { receipt } = await client.submit(orderBody(), { idempotencyKey });
    expect(await client.submitBatch([{ ...orderBody(), idempotencyKey }])).toEqual([
      { kind: 'accepted', receipt, isReplay: true },
    ]);
  },
);

test.each(['', ' a', 'é', 'a\n', 'x'.repeat(256)])(
  'what cannot be a key is not sent: %j',
  async (idempotencyKey) => {
    const { clientOf, sent } = await deployedClient();
    const submitted = clientOf('shop').submit(orderBody(), { idempotencyKey });
    await expect(submitted).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  },
);

test('an order is got, canceled, and told from one that is not there', async () => {
  const { clientOf } = await deployedClient();
  const client = clientOf('shop');
  const { receipt } = await client.submit(orderBody({ reference: 'r' }));
  expect(await client.get(receipt.id)).toMatchObject({ ...receipt, attempts: 0 });
  expect(await client.cancel(receipt.id)).toMatchObject({ status: 'canceled' });
  expect(await client.cancel(receipt.id)).toMatchObject({ status: 'canceled' });
  await expect(clientOf('other').get(receipt.id)).rejects.toThrow(NotFound);
  await expect(clientOf('admin').redrive(receipt.id)).rejects.toThrow(Conflict);
});

test('a refusal says what is wrong with the order, and which request it was', async () => {
  const { clientOf } = await deployedClient();
  const client = clientOf('shop');
  const { lines } = orderBody();
  const wrong = client.submit(orderBody({ lines: [...lines, { ...lines[0], quantity: 0 }] }));
  await expect(wrong).rejects.toThrow(InvalidRequest);
  await expect(wrong).rejects.toMatchObject({
    problem: {
      status: 400,
      type: '/problems/invalid-order',
      errors: [{ pointer: '/lines/1/quantity' }],
      requestId: expect.stringMatching(/^[\w.-]+$/),
    },
  });
  await client.submit(orderBody(), { idempotencyKey: 'k' });
  const other = client.submit(orderBody({ customer: 'b' }), { idempotencyKey: 'k' });
  await expect(other).rejects.toThrow(KeyReused);
});

test('a list goes through all pages, and each order comes once while others come in', async () => {
  const { clientOf, sent } = await deployedClient();
  const client = clientOf('shop');
  const orders = Array.from({ length: 250 }, (_, at) => orderBody({ reference: `${at}` }));
  await client.submitBatch(orders);
  const listed: string[] = [];
  for await (const { reference } of client.list()) {
    listed.push(String(reference));
    if (listed.length % 100 === 1) await client.submit(orderBody({ reference: 'late' }));
  }
  expect(new Set(listed).size).toBe(250);
  expect(listed).toHaveLength(250);
  expect(listed).not.toContain('late');
  expect(sent.filter(({ route }) => route === 'GET /orders')).toHaveLength(3);
});

test('a list holds no more than its limit, of what its query names', async () => {
  const { clientOf, sent } = await deployedClient();
  const client = clientOf('shop');
  const customers = ['a', 'b', 'a', 'b', 'a'];
  await client.submitBatch(customers.map((customer) => orderBody({ customer })));
  const ofA = await collected(client.list({ customer: 'a' }));
  expect(ofA.map(({ customer }) => customer)).toEqual(['a', 'a', 'a']);
  expect(await collected(client.list({ status: 'dead' }))).toEqual([]);
  const before = sent.length;
  expect(await collected(client.list({ limit: 2 }))).toHaveLength(2);
  expect(sent).toHaveLength(before + 1);
});

test('waiting looks at the order at growing pauses, and ends with it produced', async () => {
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
  expect(await waited).toMatchObject({
    kind: 'produced',
    order: { id: receipt.id, orderNumber: 1 },
  });
  expect(sleptMs.slice(0, 4)).toEqual([250, 375, 563, 844]);
  expect(Math.max(...sleptMs)).toBeLessThanOrEqual(10_000);
  const looks = sent.filter(({ route }) => route === 'GET /orders/{id}');
  expect(looks[0]?.headers['if-none-match']).toBeUndefined();
  expect(looks[1]?.headers['if-none-match']).toMatch(/^"/);
});

test('waiting tells an order that will not be produced by itself, and when its time is up', async () => {
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

test('every route of the contract has its method', async () => {
  const { clientOf, sent } = await deployedClient();
  const client = clientOf('admin');
  const { receipt } = await client.submit(orderBody());
  await client.submitBatch([orderBody()]);
  await client.get(receipt.id);
  await client.listPage();
  await client.cancel(receipt.id);
  await client.redrive(receipt.id).catch(() => {});
  await client.deadLettersPage({ limit: 1 });
  expect(await client.redriveDeadLetters({ limit: 1 })).toEqual({ redriven: 0 });
  expect(await client.drain()).toMatchObject({ produced: 1, remaining: 0 });
  expect(await client.stats()).toMatchObject({ produced: 1, canceled: 1 });
  expect(await client.openApi()).toMatchObject({ info: { title: 'Sluice' } });
  expect(new Set(sent.map(({ route }) => route))).toEqual(new Set(Object.keys(OPERATIONS)));
});
