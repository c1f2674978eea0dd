import { expect, test } from 'vitest';
import type { BatchOrder } from '../../lib/client/client.ts';
import { SubmitInterrupted, Unavailable } from '../../lib/client/errors.ts';
import {
  type Answering,
  ordersOf,
  pretendId,
  type Received,
  receipts,
} from '../support/pretend-server.ts';
import { pretendApi } from './pretend-api.ts';

const lines = [{ sku: 'x', quantity: 2, unitAmount: 150 }];
const order = { customer: 'a', currency: 'GBP', lines };
/** An order for each letter, which is its key. */
const keyed = (letters: string): BatchOrder[] =>
  [...letters].map((idempotencyKey) => ({ idempotencyKey, ...order }));
const keysIn = (request: Received) =>
  ordersOf(request)
    .map(({ idempotencyKey }) => idempotencyKey)
    .join('');

const accepted = (n: number, isReplay = false) => {
  return { kind: 'accepted', isReplay, receipt: { id: pretendId(n), totalAmount: 300 } };
};

test('each order has a result of its own, in their order', async () => {
  const errors = [{ pointer: '/customer', detail: 'Must be a string.' }];
  const refusals = new Map([
    ['b', { status: 400, problem: { detail: 'Invalid.', errors } }],
    ['c', { status: 422, problem: { title: 'Reused' } }],
  ]);
  const answering = receipts((one) => refusals.get(one.idempotencyKey));
  const { client, received } = await pretendApi(answering, {}, 'prod/');
  expect(await client.submitBatch(keyed('abacd'))).toMatchObject([
    accepted(1),
    { kind: 'refused', problem: { status: 400, detail: 'Invalid.', errors } },
    accepted(1, true),
    { kind: 'refused', problem: { status: 422, detail: 'Reused', errors: [] } },
    accepted(2),
  ]);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/prod/orders/batch',
      headers: { authorization: 'Bearer a-key', 'content-type': 'application/json' },
    },
  ]);
  expect(ordersOf(received[0] as Received)[1]).toEqual({ idempotencyKey: 'b', ...order });
});

test('a batch is tried again with the same keys, also with those that the client made', async () => {
  const accept = receipts();
  let requests = 0;
  const { client, received } = await pretendApi((request) => {
    const reply = accept(request);
    requests += 1;
    return requests === 1 ? 'reset' : reply;
  });
  const results = await client.submitBatch([...keyed('a'), order, order]);
  expect(results).toMatchObject([accepted(1, true), accepted(2, true), accepted(3, true)]);
  const [first, second] = received.map((request) =>
    ordersOf(request).map(({ idempotencyKey }) => idempotencyKey),
  );
  expect(new Set(first).size).toBe(3);
  expect(second).toEqual(first);
});

test.each([
  [413, { message: 'Request Entity Too Large' }, 'Request Entity Too Large'],
  [400, { title: 'No batch', detail: 'Not this.' }, 'Not this.'],
])(
  'a batch refused as a whole (%i) is halved until its faulty orders stand alone',
  async (...all) => {
    const [status, body, detail] = all;
    const accept = receipts();
    const { client, received } = await pretendApi((request) =>
      /[ce]/.test(keysIn(request)) ? { status, body } : accept(request),
    );
    const refused = { kind: 'refused', problem: { status, detail, errors: [] } };
    expect(await client.submitBatch(keyed('abcde'))).toMatchObject([
      ...[accepted(1), accepted(2), refused, accepted(3), refused],
    ]);
    expect(received.map(keysIn)).toEqual(['abcde', 'abc', 'ab', 'c', 'de', 'd', 'e']);
  },
);

const receipt = {
  ...{ id: pretendId(1), status: 'queued', customer: 'a', currency: 'GBP' },
  ...{ totalAmount: 300, acceptedAt: '2026-11-22T13:37:00.000Z' },
};
const first = { index: 0, status: 202, replayed: false, order: receipt };
const second = { ...first, index: 1 };

test.each([
  ['too few results', 200, { results: [first] }],
  ['too many results', 200, { results: [first, second, { ...first, index: 2 }] }],
  ['results in another order', 200, { results: [second, first] }],
  ['a result without a receipt', 200, { results: [first, { ...second, order: undefined }] }],
  ['a result of an unknown status', 200, { results: [first, { ...second, status: 503 }] }],
  ['a refusal without a problem', 200, { results: [first, { index: 1, status: 400 }] }],
  ['one receipt for all', 202, receipt],
])('an answer that is not one to a batch fails clearly: %s', async (_, status, body) => {
  const { client, received } = await pretendApi(() => ({ status, body }));
  await expect(client.submitBatch(keyed('ab'))).rejects.toThrow(
    /does not seem to belong to Sluice/,
  );
  expect(received).toHaveLength(1);
});

test('members and problems that a later version adds are returned too', async () => {
  const results = [
    { ...first, shard: 7, order: { ...receipt, warehouse: 'north' } },
    { index: 1, status: 400, problem: { type: '/problems/unheard-of', detail: 'No.', hint: 'x' } },
  ];
  const { client } = await pretendApi(() => ({ status: 200, body: { results } }));
  expect(await client.submitBatch(keyed('ab'))).toMatchObject([
    { kind: 'accepted', receipt: { warehouse: 'north' } },
    { kind: 'refused', problem: { type: '/problems/unheard-of', detail: 'No.' } },
  ]);
});

test.each<[string, RegExp]>([
  ['abcde', /^.{3,}$/],
  ['abcd', /^(.{3,}|cd)$/],
])(
  'if a part of the batch %s fails, the error has the results so far',
  async (letters, tooMany) => {
    const accept = receipts();
    const answering: Answering = (request) => {
      const keys = keysIn(request);
      if (tooMany.test(keys)) return { status: 413 };
      return keys.includes('d') ? { status: 503, body: { detail: 'Full.' } } : accept(request);
    };
    const { client } = await pretendApi(answering);
    const error = await client.submitBatch(keyed(letters)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SubmitInterrupted);
    const { cause, results } = error as SubmitInterrupted;
    expect(cause).toBeInstanceOf(Unavailable);
    expect([...results]).toMatchObject([
      [0, accepted(1)],
      [1, accepted(2)],
      [2, accepted(3)],
    ]);
  },
);
