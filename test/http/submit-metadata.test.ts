import { beforeAll, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy, refusedFaults } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

const pointersOf = async (body: unknown) =>
  (await refusedFaults(api, body)).map(({ pointer }) => pointer).sort();

const metadataOf = (count: number, value: unknown = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, value]));

test('metadata has up to 20 members', async () => {
  expect((await api.submit(orderBody({ metadata: metadataOf(20) }))).status).toBe(202);
  expect(await pointersOf(orderBody({ metadata: metadataOf(21) }))).toEqual(['/metadata']);
});

test('a member of the metadata that is wrong is named however many precede it', async () => {
  const metadata = { ...metadataOf(300), wrong: 5 };
  expect(await pointersOf(orderBody({ metadata }))).toEqual(['/metadata', '/metadata/wrong']);
});

test.each([null, 'x', 5, true, [], ['x']])('metadata may not be %j', async (metadata) => {
  expect(await pointersOf(orderBody({ metadata }))).toEqual(['/metadata']);
});

test.each(['k'.repeat(40), 'A-Z_a-z-09', '-', '0'])('metadata may have the key %s', async (key) => {
  expect((await api.submit(orderBody({ metadata: { [key]: '' } }))).status).toBe(202);
});

test.each(['k'.repeat(41), '', 'a b', 'a.b', 'é', 'a\n', '\u0000'])(
  'metadata may not have the key %j',
  async (key) => {
    expect(await pointersOf(orderBody({ metadata: { [key]: 'x' } }))).toEqual([`/metadata/${key}`]);
  },
);

test.each(['', '🦊'.repeat(256), '\u2028', ' '])(
  'metadata may have the value %j',
  async (value) => {
    const { status, body } = await api.submit(orderBody({ metadata: { a: value } }));
    expect(status).toBe(202);
    expect((await api.read(String(body.id))).body.metadata).toEqual({ a: value });
  },
);

test.each([
  '🦊'.repeat(257),
  'a\tb',
  'a\nb',
  '\u0000',
  '\x7f',
  '\x9b',
  '\ud800',
  null,
  5,
  {},
  ['x'],
])('metadata may not have the value %j', async (value) => {
  expect(await pointersOf(orderBody({ metadata: { a: value } }))).toEqual(['/metadata/a']);
});
