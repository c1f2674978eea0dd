import { beforeAll, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy, refusedFaults } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

const faultsOf = (body: unknown) => refusedFaults(api, body);
const pointersOf = async (body: unknown) =>
  (await refusedFaults(api, body)).map(({ pointer }) => pointer).sort();

const LINE = { sku: 'a', quantity: 1, unitAmount: 1 };

test('a refusal is problem details with the members of the contract and no others', async () => {
  const answer = await api.submit({ ...orderBody(), customer: '' });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toStrictEqual({
    type: '/problems/invalid-order',
    title: expect.any(String),
    status: 400,
    detail: expect.any(String),
    instance: answer.headers['x-request-id'],
    errors: [{ pointer: '/customer', detail: expect.stringContaining('1 to 64 characters') }],
  });
});

test('a missing member is named itself, and said to be missing', async () => {
  expect(await faultsOf({})).toEqual([
    { pointer: '/customer', detail: expect.stringMatching(/^Is missing/) },
    { pointer: '/currency', detail: expect.stringMatching(/^Is missing/) },
    { pointer: '/lines', detail: expect.stringMatching(/^Is missing/) },
  ]);
});

test('a member of null is not said to be missing', async () => {
  const [fault] = await faultsOf({ ...orderBody(), customer: null });
  expect(fault).toEqual({ pointer: '/customer', detail: expect.stringMatching(/^Must be/) });
});

test('missing members of a line are named themselves', async () => {
  expect(await pointersOf(orderBody({ lines: [LINE, {}] }))).toEqual([
    '/lines/1/quantity',
    '/lines/1/sku',
    '/lines/1/unitAmount',
  ]);
});

test('every fault is named, whichever member it is in', async () => {
  const body = {
    currency: 'gbp',
    lines: [
      { ...LINE, sku: '' },
      { ...LINE, quantity: 0, price: 5 },
      { quantity: 1.5, unitAmount: -1, description: '' },
      null,
    ],
    reference: '',
    produceAt: 'tomorrow',
    metadata: { 'a b': 'x', ok: 5, fine: '' },
    note: 'x',
  };
  expect(await pointersOf(body)).toEqual([
    '/currency',
    '/customer',
    '/lines/0/sku',
    '/lines/1/price',
    '/lines/1/quantity',
    '/lines/2/description',
    '/lines/2/quantity',
    '/lines/2/sku',
    '/lines/2/unitAmount',
    '/lines/3',
    '/metadata/a b',
    '/metadata/ok',
    '/note',
    '/produceAt',
    '/reference',
  ]);
});

test('a fault in the total is named beside those of other members', async () => {
  const lines = [{ ...LINE, quantity: 1_000_000, unitAmount: 10 ** 12 }];
  expect(await pointersOf({ ...orderBody({ lines }), customer: '', x: 1 })).toEqual([
    '/customer',
    '/lines',
    '/x',
  ]);
});

test('a time too far ahead is named beside the faults of other members', async () => {
  expect(await pointersOf({ produceAt: '9999-01-01T00:00:00Z' })).toEqual([
    '/currency',
    '/customer',
    '/lines',
    '/produceAt',
  ]);
});

const ESCAPED: [name: string, pointer: string][] = [
  ['a~b', '/a~0b'],
  ['a/b', '/a~1b'],
  ['~1', '/~01'],
  ['/~', '/~1~0'],
  ['', '/'],
  [' ', '/ '],
  ['a"b\\', '/a"b\\'],
  ['%41', '/%41'],
  ['é', '/é'],
  ['0', '/0'],
];

test.each(ESCAPED)('an unknown member %j has the pointer %s', async (name, pointer) => {
  expect(await pointersOf({ ...orderBody(), [name]: 1 })).toEqual([pointer]);
  expect(await pointersOf(orderBody({ lines: [{ ...LINE, [name]: 1 }] }))).toEqual([
    `/lines/0${pointer}`,
  ]);
});

test('a member of the metadata is named with its pointer escaped', async () => {
  expect(await pointersOf(orderBody({ metadata: { 'a/b~c': 'x' } }))).toEqual([
    '/metadata/a~1b~0c',
  ]);
});

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

test.each([99, 100, 101, 250])('of %i faults up to 100 are named', async (count) => {
  const expected = Math.min(count, 100);
  expect(await faultsOf({ ...orderBody(), ...many(count) })).toHaveLength(expected);
  const lines = Array.from({ length: count }, () => ({ ...LINE, sku: '' }));
  expect(await faultsOf(orderBody({ lines }))).toHaveLength(expected);
  const tooFar = { produceAt: '9999-01-01T00:00:00Z', ...many(count) };
  expect(await faultsOf({ ...orderBody(), ...tooFar })).toHaveLength(Math.min(count + 1, 100));
});

test.each([1e300, -1e300, 2 ** 53, -(2 ** 53)])(
  'an integer that is out of every range, %d, is one fault',
  async (number) => {
    const lines = [{ ...LINE, quantity: number, unitAmount: number }];
    expect(await pointersOf(orderBody({ lines }))).toEqual([
      '/lines/0/quantity',
      '/lines/0/unitAmount',
    ]);
  },
);
