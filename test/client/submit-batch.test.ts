import { expect, test } from 'vitest';
import { type BatchOrder, createClient } from '../../lib/client/client.ts';
import { SubmitInterrupted, Unavailable } from '../../lib/client/errors.ts';
import { passingTime } from '../support/passing-time.ts';
import {
  type Answering,
  ordersOf,
  pretendId,
  pretendServer,
  type Reply,
  receipts,
} from '../support/pretend-server.ts';

const order = {
  customer: 'a',
  currency: 'GBP',
  lines: [{ sku: 'x', quantity: 2, unitAmount: 150 }],
};

function keyed(...keys: readonly string[]): BatchOrder[] {
  return keys.map((idempotencyKey) => ({ idempotencyKey, ...order }));
}

/** A client whose waits pass at once. */
async function setup(answering: Answering, path = '') {
  const { url, received } = await pretendServer(answering);
  const client = createClient({ url: new URL(path, url), key: 'a-key', ...passingTime() });
  const keysSent = () => received.map((sent) => ordersOf(sent).map((one) => one.idempotencyKey));
  return { client, received, keysSent };
}

/** Refuses every batch that holds one of these keys, as the API does for one order that is too large. */
function refusingBatchesWith(keys: readonly string[], refusal: Reply): Answering {
  const accept = receipts();
  return (request) => {
    const isRefused = ordersOf(request).some((one) => keys.includes(one.idempotencyKey));
    return isRefused ? refusal : accept(request);
  };
}

test('a batch carries each order with its key, as it is, under the path of the stage', async () => {
  const { client, received } = await setup(receipts(), 'prod/');
  const submitted = await client.submitBatch(keyed('a"b\\c', ' schlüssel\n'));
  expect(submitted).toMatchObject([
    { kind: 'accepted', isReplay: false, receipt: { id: pretendId(1), totalAmount: 300 } },
    { kind: 'accepted', isReplay: false, receipt: { id: pretendId(2), totalAmount: 300 } },
  ]);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/prod/orders/batch',
      headers: { authorization: 'Bearer a-key', 'content-type': 'application/json' },
    },
  ]);
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    orders: [
      { ...order, idempotencyKey: 'a"b\\c' },
      { ...order, idempotencyKey: ' schlüssel\n' },
    ],
  });
});

test('accepted, replayed and refused orders are told apart, in their order', async () => {
  const errors = [{ pointer: '/idempotencyKey', detail: 'must be printable' }];
  const refusals = new Map([
    ['bad', { status: 400, problem: { detail: 'The order is wrong.', errors } }],
    ['reused', { status: 422, problem: { title: 'Reused' } }],
  ]);
  const { client } = await setup(receipts((one) => refusals.get(one.idempotencyKey)));
  const submitted = await client.submitBatch(keyed('a', 'bad', 'a', 'reused', 'b'));
  expect(submitted).toMatchObject([
    { kind: 'accepted', isReplay: false, receipt: { id: pretendId(1) } },
    { kind: 'refused', problem: { status: 400, detail: 'The order is wrong.', errors } },
    { kind: 'accepted', isReplay: true, receipt: { id: pretendId(1) } },
    { kind: 'refused', problem: { status: 422, detail: 'Reused', errors: [] } },
    { kind: 'accepted', isReplay: false, receipt: { id: pretendId(2) } },
  ]);
});

test('a connection that is reset is tried again with the same keys', async () => {
  const accept = receipts();
  let requests = 0;
  const { client, keysSent } = await setup((request) => {
    requests += 1;
    const reply = accept(request);
    return requests === 1 ? 'reset' : reply;
  });
  const submitted = await client.submitBatch(keyed('a', 'b'));
  expect(submitted).toMatchObject([{ isReplay: true }, { isReplay: true }]);
  expect(keysSent()).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test.each([
  [413, { message: 'Request Entity Too Large' }, 'Request Entity Too Large'],
  [400, { title: 'No batch', detail: 'Not this.' }, 'Not this.'],
])(
  'a batch refused as a whole (%i) is halved until the orders that cause it stand alone',
  async (status, body, detail) => {
    const { client, keysSent } = await setup(refusingBatchesWith(['c', 'e'], { status, body }));
    const submitted = await client.submitBatch(keyed('a', 'b', 'c', 'd', 'e'));
    const refused = { kind: 'refused', problem: { status, detail, errors: [] } };
    expect(submitted).toMatchObject([
      { kind: 'accepted', receipt: { id: pretendId(1) } },
      { kind: 'accepted', receipt: { id: pretendId(2) } },
      refused,
      { kind: 'accepted', receipt: { id: pretendId(3) } },
      refused,
    ]);
    expect(keysSent().map((keys) => keys.join(''))).toEqual([
      'abcde',
      'abc',
      'ab',
      'c',
      'de',
      'd',
      'e',
    ]);
  },
);

const receipt = {
  id: pretendId(1),
  status: 'queued',
  customer: 'a',
  currency: 'GBP',
  totalAmount: 300,
  acceptedAt: '2026-11-22T13:37:00.000Z',
};
const first = { index: 0, status: 202, replayed: false, order: receipt };
const second = { ...first, index: 1 };

test.each([
  ['too few results', 200, { results: [first] }],
  ['too many results', 200, { results: [first, second, { ...first, index: 2 }] }],
  ['results in another order', 200, { results: [second, first] }],
  ['a result without a receipt', 200, { results: [first, { ...second, order: undefined }] }],
  ['a result of a status that no order has', 200, { results: [first, { ...second, status: 503 }] }],
  ['a refusal without a problem', 200, { results: [first, { index: 1, status: 400 }] }],
  ['no results', 200, { receipts: [] }],
  ['a receipt for all of them', 202, receipt],
])('what is no answer to a batch fails clearly: %s', async (_name, status, body) => {
  const { client, received } = await setup(() => ({ status, body }));
  await expect(client.submitBatch(keyed('a', 'b'))).rejects.toThrow(
    /does not seem.*answered.*Sluice would not/,
  );
  expect(received).toHaveLength(1);
});

test('a result may have members and a type of problem that this version does not know', async () => {
  const results = [
    { ...first, shard: 7, order: { ...receipt, warehouse: 'north' } },
    { index: 1, status: 400, problem: { type: '/problems/unheard-of', detail: 'No.', hint: 'x' } },
  ];
  const { client } = await setup(() => ({ status: 200, body: { results } }));
  expect(await client.submitBatch(keyed('a', 'b'))).toMatchObject([
    { kind: 'accepted', receipt: { warehouse: 'north' } },
    { kind: 'refused', problem: { type: '/problems/unheard-of', detail: 'No.' } },
  ]);
});

test('of a batch in parts that then fails, the results that there are come with the error', async () => {
  const accept = receipts();
  const { client } = await setup((request) => {
    const keys = ordersOf(request).map((one) => one.idempotencyKey);
    if (keys.length > 2) return { status: 413 };
    return keys.includes('d') ? { status: 503, body: { detail: 'Full.' } } : accept(request);
  });
  const failed = client.submitBatch(keyed('a', 'b', 'c', 'd', 'e'));
  const error = await failed.then(
    () => undefined,
    (thrown: unknown) => thrown as SubmitInterrupted,
  );
  expect(error).toBeInstanceOf(SubmitInterrupted);
  expect(error?.cause).toBeInstanceOf(Unavailable);
  expect([...(error?.results ?? [])]).toMatchObject([
    [0, { kind: 'accepted', receipt: { id: pretendId(1) } }],
    [1, { kind: 'accepted', receipt: { id: pretendId(2) } }],
    [2, { kind: 'accepted', receipt: { id: pretendId(3) } }],
  ]);
});

test('what a part of a part had before it failed stands at its own place', async () => {
  const accept = receipts();
  const { client } = await setup((request) => {
    const keys = ordersOf(request).map((one) => one.idempotencyKey);
    if (keys.length > 2 || keys.join() === 'c,d') return { status: 413 };
    return keys.includes('d') ? { status: 503, body: { detail: 'Full.' } } : accept(request);
  });
  const failed = client.submitBatch(keyed('a', 'b', 'c', 'd'));
  const error = await failed.then(
    () => undefined,
    (thrown: unknown) => thrown as SubmitInterrupted,
  );
  expect([...(error?.results.keys() ?? [])]).toEqual([0, 1, 2]);
});

test('orders without a key have one each, the same at every try', async () => {
  const accept = receipts();
  let requests = 0;
  const { client, keysSent } = await setup((request) => {
    requests += 1;
    return requests === 1 ? 'reset' : accept(request);
  });
  await client.submitBatch([order, order]);
  const [first, second] = keysSent();
  expect(new Set(first).size).toBe(2);
  expect(second).toEqual(first);
});
