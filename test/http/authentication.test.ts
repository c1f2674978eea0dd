import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { bearer, TEST_KEYS, type TestKey } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Call, type Deployment, deploy, ROUTES } from './deployment.ts';

type Route = keyof typeof ROUTES;

const ROUTE_NAMES = Object.keys(ROUTES) as Route[];
const KEY_NAMES = Object.keys(TEST_KEYS) as TestKey[];

test('every route is tested here', () => {
  expect(Object.values(ROUTES).sort()).toEqual(Object.keys(OPERATIONS).sort());
});

function hasScope(key: TestKey, route: Route): boolean {
  const scopes: readonly string[] = TEST_KEYS[key].scopes;
  const { scope } = OPERATIONS[ROUTES[route]];
  return scope === 'any' || scopes.includes(scope) || scopes.includes('orders:admin');
}

/** The order of these tests is the shop's: `other` has the scopes of a shop and no order. */
const isOfOne = (route: Route) => ROUTES[route].includes('{id}');
const isForeign = (key: TestKey, route: Route) => key === 'other' && isOfOne(route);

const KEY = 'test-key-of-admin';
const WRONG: Record<string, string | undefined> = {
  'no header': undefined,
  'an empty header': '',
  'only the scheme': 'Bearer',
  'the scheme and a space': 'Bearer ',
  'a key without a scheme': KEY,
  'another scheme': `Basic ${KEY}`,
  'a scheme that starts the same': `Bearers ${KEY}`,
  'no space after the scheme': `Bearer${KEY}`,
  'a tab after the scheme': `Bearer\t${KEY}`,
  'a wrong key': 'Bearer test-key-of-nobody',
  'a key in upper case': `Bearer ${KEY.toUpperCase()}`,
  'a key without its last character': `Bearer ${KEY.slice(0, -1)}`,
  'a key with one more character': `Bearer ${KEY}x`,
  'a key of 32 KB': `Bearer ${'x'.repeat(32_768)}`,
  'a digest instead of a key': `Bearer ${'0'.repeat(64)}`,
  'two keys': `Bearer ${KEY} ${KEY}`,
  'two headers, joined': `Bearer ${KEY}, Bearer ${KEY}`,
  'a quoted key': `Bearer "${KEY}"`,
  'characters that no key has': 'Bearer ünïcode',
  'a line break': `Bearer ${KEY}\r\nx: y`,
};

let api: Deployment;
let id: string;
let erasable: string;
beforeAll(async () => {
  api = await deploy(undefined, { SLUICE_STOCK: 'on' });
  id = String((await api.submit(orderBody())).body.id);
  erasable = String((await api.submit(orderBody())).body.id);
  await api.call('setStock', right('setStock'));
});

/** A call that is right in everything but, perhaps, its key. */
function right(route: Route): Call {
  if (route === 'erase') return { id: erasable };
  if (route === 'replace') return { id, body: orderBody() };
  if (isOfOne(route)) return { id };
  if (route === 'setStock') return { body: { available: 1 } };
  if (route === 'setStocks') return { body: { stocks: [{ sku: 'a', available: 1 }] } };
  if (route === 'cancelMany') return { body: { ids: [erasable] } };
  if (route === 'pause') return { body: { forMs: 1_000 } };
  if (route === 'batch') return { body: { orders: [orderBody({ idempotencyKey: 'k' })] } };
  return route === 'submit' ? { headers: { 'idempotency-key': 'k' }, body: orderBody() } : {};
}

async function callWith(route: Route, authorization: string | undefined, call: Call = {}) {
  const { headers, ...rest } = { ...right(route), ...call };
  return api.call(route, { ...rest, headers: { ...headers, authorization } });
}

/** The order of these tests is not dead, so a redrive of it is a conflict. */
const SUCCESS = [200, 202, 204, 409];

describe.each(ROUTE_NAMES)('%s', (route) => {
  test.each(Object.entries(WRONG))('answers 401 to %s and writes nothing', async (_, value) => {
    const before = await api.keys();
    const answer = await callWith(route, value);
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/problem+json' },
      body: { type: '/problems/unauthorized', status: 401 },
    });
    expect(await api.keys()).toEqual(before);
  });

  test.each(KEY_NAMES)('lets the key of %s do what its scopes allow', async (name) => {
    const before = await api.keys();
    const answer = await callWith(route, bearer(name));
    if (isForeign(name, route) && hasScope(name, route)) {
      expect(answer.status).toBe(404);
    } else if (hasScope(name, route)) {
      expect(SUCCESS).toContain(answer.status);
    } else {
      expect(answer).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } });
      expect(answer.headers).not.toHaveProperty('www-authenticate');
      expect(await api.keys()).toEqual(before);
    }
  });

  test('takes the scheme in any case', async () => {
    for (const scheme of ['bearer', 'BEARER', 'bEaReR']) {
      expect(SUCCESS).toContain((await callWith(route, `${scheme} ${KEY}`)).status);
    }
  });
});

test.each(['read', 'cancel'] as const)(
  'to %s, an order of another client looks like one that does not exist',
  async (route) => {
    const headers = { 'x-request-id': 'same', 'if-none-match': '*' };
    const theirs = await api.call(route, { as: 'other', id, headers });
    const missing = await api.call(route, { as: 'other', id: `ord_${'0'.repeat(32)}`, headers });
    expect(theirs.status).toBe(404);
    expect(theirs).toEqual(missing);
  },
);

const BODIES: Record<string, Call> = {
  'is not JSON': { body: '{' },
  'is not an order': { body: {} },
  'is too large': { body: 'x'.repeat(300_000) },
  'is not UTF-8': { body: Buffer.from([0xff]) },
  'is of another type': { body: 'x', headers: { 'content-type': 'text/plain' } },
  'is missing': {},
};

test.each(Object.entries(BODIES))(
  'a body that %s is not looked at if the caller is refused',
  async (_, call) => {
    const told = ({ status, body }: Answer) => [status, { ...body, instance: '' }];
    for (const as of [undefined, 'reader'] as const) {
      const plain = await api.call('submit', { as });
      expect(told(await api.call('submit', { ...call, as }))).toEqual(told(plain));
    }
  },
);

test('a key is refused for a wrong scope right after it was used for a right one', async () => {
  expect((await api.read(id, { as: 'reader' })).status).toBe(200);
  expect((await api.submit(orderBody(), { as: 'reader' })).status).toBe(403);
});
