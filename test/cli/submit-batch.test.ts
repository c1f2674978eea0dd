import { expect, test } from 'vitest';
import { apiOver, type KeyedOrder } from '../../cli/api.ts';
import { sender } from '../../cli/http.ts';
import { type Answering, ordersOf, pretendServer, type Reply, receipts } from './pretend-server.ts';

const order = {
  customer: 'a',
  currency: 'GBP',
  lines: [{ sku: 'x', quantity: 2, unitAmount: 150 }],
};

function keyed(...keys: readonly string[]): KeyedOrder[] {
  return keys.map((idempotencyKey) => ({ idempotencyKey, order }));
}

/** An API whose waits pass at once. */
async function setup(answering: Answering, path = '') {
  const { url, received } = await pretendServer(answering);
  const settings = { url: new URL(path, url), key: 'a-key' };
  const api = apiOver(sender(settings, { wait: async () => {}, random: () => 0.5 }));
  const keysSent = () => received.map((sent) => ordersOf(sent).map((one) => one.idempotencyKey));
  return { api, received, keysSent };
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
  const { api, received } = await setup(receipts(), 'prod/');
  const submitted = await api.submitBatch({ orders: keyed('a"b\\c', ' schlüssel\n') });
  expect(submitted).toMatchObject([
    { kind: 'accepted', isReplay: false, receipt: { id: 'ord_1', totalAmount: 300 } },
    { kind: 'accepted', isReplay: false, receipt: { id: 'ord_2', totalAmount: 300 } },
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
  const { api } = await setup(receipts((one) => refusals.get(one.idempotencyKey)));
  const submitted = await api.submitBatch({ orders: keyed('a', 'bad', 'a', 'reused', 'b') });
  expect(submitted).toMatchObject([
    { kind: 'accepted', isReplay: false, receipt: { id: 'ord_1' } },
    { kind: 'refused', problem: { status: 400, detail: 'The order is wrong.', faults: errors } },
    { kind: 'accepted', isReplay: true, receipt: { id: 'ord_1' } },
    { kind: 'refused', problem: { status: 422, detail: 'Reused', faults: [] } },
    { kind: 'accepted', isReplay: false, receipt: { id: 'ord_2' } },
  ]);
});

test('a connection that is reset is tried again with the same keys', async () => {
  const accept = receipts();
  let requests = 0;
  const { api, keysSent } = await setup((request) => {
    requests += 1;
    const reply = accept(request);
    return requests === 1 ? 'reset' : reply;
  });
  const submitted = await api.submitBatch({ orders: keyed('a', 'b') });
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
    const { api, keysSent } = await setup(refusingBatchesWith(['c', 'e'], { status, body }));
    const submitted = await api.submitBatch({ orders: keyed('a', 'b', 'c', 'd', 'e') });
    const refused = { kind: 'refused', problem: { status, detail, faults: [] } };
    expect(submitted).toMatchObject([
      { kind: 'accepted', receipt: { id: 'ord_1' } },
      { kind: 'accepted', receipt: { id: 'ord_2' } },
      refused,
      { kind: 'accepted', receipt: { id: 'ord_3' } },
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

const receipt = { id: 'ord_1', currency: 'GBP', totalAmount: 300 };
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
  const { api, received } = await setup(() => ({ status, body }));
  await expect(api.submitBatch({ orders: keyed('a', 'b') })).rejects.toThrow(
    /SLUICE_URL.*answered.*Sluice would not/,
  );
  expect(received).toHaveLength(1);
});
