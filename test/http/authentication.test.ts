import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS, type Operation } from '../../lib/contract/operations.ts';
import { bearer, TEST_KEYS, type TestKey } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';
import { type Answer, type Call, type Deployment, deploy, ROUTES } from './deployment.ts';

type Route = keyof typeof ROUTES;

const ROUTE_NAMES = Object.keys(ROUTES) as Route[];
const KEY_NAMES = Object.keys(TEST_KEYS) as TestKey[];

/** The scope that a route must ask for, from the description of the API. */
function scopeOf(route: Route): Operation['scope'] {
  return OPERATIONS[ROUTES[route]].scope;
}

function hasScope(key: TestKey, route: Route): boolean {
  const scopes: readonly string[] = TEST_KEYS[key].scopes;
  const scope = scopeOf(route);
  return scope === 'any' || scopes.includes(scope) || scopes.includes('orders:admin');
}

/** The orders of these tests are the shop's: `other` has every scope of a shop and no order. */
const isOfOne = (route: Route) => ROUTES[route].includes('{id}');
const mayCall = (route: Route) =>
  KEY_NAMES.filter((key) => hasScope(key, route) && !(isOfOne(route) && key === 'other'));
const forbidden = (route: Route) => KEY_NAMES.filter((key) => !hasScope(key, route));
const foreign = (route: Route) =>
  isOfOne(route) && hasScope('other', route) ? ['other' as const] : [];

test('the routes of serverless.yml are those of the description, and each is tested here', () => {
  const sources = ['serverless.yml', 'deploy/drains.ts'].map((file) =>
    readFileSync(`${ROOT}/${file}`, 'utf8'),
  );
  const deployed = [...sources.join('\n').matchAll(/httpApi: '?([A-Z]+ \/[^'\s]*)/g)]
    .map(([, routeKey]) => routeKey)
    .sort();
  expect(deployed).toEqual(Object.keys(OPERATIONS).sort());
  expect(deployed).toEqual(Object.values(ROUTES).sort());
});

const KEY = 'test-key-of-admin';
const WRONG = {
  'no key': undefined,
  'an empty header': '',
  'the scheme alone': 'Bearer',
  'the scheme and a space': 'Bearer ',
  'a key without a scheme': KEY,
  'another scheme': `Basic ${KEY}`,
  'a scheme that only begins alike': `Bearers ${KEY}`,
  'no space after the scheme': `Bearer${KEY}`,
  'a tab after the scheme': `Bearer\t${KEY}`,
  'a wrong key': 'Bearer test-key-of-nobody',
  'a key in another case': `Bearer ${KEY.toUpperCase()}`,
  'a key that is one character short': `Bearer ${KEY.slice(0, -1)}`,
  'a key that is one character long': `Bearer ${KEY}x`,
  'a key of one character': 'Bearer x',
  'a key of 32 KB': `Bearer ${'x'.repeat(32_768)}`,
  'a digest instead of a key': `Bearer ${'0'.repeat(64)}`,
  'two keys': `Bearer ${KEY} ${KEY}`,
  'two headers, joined by a comma': `Bearer ${KEY}, Bearer ${KEY}`,
  'a quoted key': `Bearer "${KEY}"`,
  'characters that no key has': 'Bearer ünïcode',
  'a line break': `Bearer ${KEY}\r\nx: y`,
};

/** What a right key gets besides success: the order of these tests is not dead. */
const STATUS_OF_LIVE: Partial<Record<Route, number>> = { redrive: 409 };

let api: Deployment;
let id: string;
beforeAll(async () => {
  api = await deploy();
  id = String((await api.submit(orderBody())).body.id);
});

/** A call that is right but for its key; what it answers to a right key is in `right` too. */
function right(route: Route): Call {
  if (isOfOne(route)) return { id };
  if (route === 'batch') return { body: { orders: [orderBody({ idempotencyKey: 'k' })] } };
  if (route !== 'submit') return {};
  return { headers: { 'idempotency-key': 'k' }, body: orderBody() };
}

async function callWith(route: Route, authorization: string | undefined): Promise<Answer> {
  const { headers, ...rest } = right(route);
  return api.call(route, { ...rest, headers: { ...headers, authorization } });
}

describe.each(ROUTE_NAMES)('%s', (route) => {
  test.each(Object.entries(WRONG))('%s is 401, and nothing is written', async (_, value) => {
    const before = await api.keys();
    const answer = await callWith(route, value);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: '/problems/unauthorized', status: 401 });
    expect(await api.keys()).toEqual(before);
  });

  test.each(forbidden(route))('the key of %s is right but lacks the scope: 403', async (name) => {
    const before = await api.keys();
    const answer = await callWith(route, bearer(name));
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
    expect(answer.body).toMatchObject({ type: '/problems/forbidden', status: 403 });
    expect(await api.keys()).toEqual(before);
  });

  test.each(mayCall(route))('the key of %s may call', async (name) => {
    expect([200, 202, STATUS_OF_LIVE[route]]).toContain(
      (await callWith(route, bearer(name))).status,
    );
  });

  test.each(foreign(route))('the key of %s finds no order of another client', async (name) => {
    const theirs = await callWith(route, bearer(name));
    const { headers, ...rest } = right(route);
    const nobodys = `ord_${'0'.repeat(32)}`;
    const none = await api.call(route, {
      ...rest,
      id: nobodys,
      headers: {
        ...headers,
        authorization: bearer(name),
        'x-request-id': String(theirs.body.instance),
      },
    });
    expect(theirs.status).toBe(404);
    expect(theirs).toEqual(none);
  });

  test.each(['bearer', 'BEARER', 'bEaReR'])('the scheme may be spelled %s', async (scheme) => {
    const { status } = await callWith(route, `${scheme} ${KEY}`);
    expect([200, 202, STATUS_OF_LIVE[route]]).toContain(status);
  });
});

test('a refusal of a wrong key says nothing that depends on the key or the route', async () => {
  const missing = await callWith('stats', undefined);
  const wrong = await callWith('submit', 'Bearer wrong');
  const told = ({ body }: Answer) => ({ ...body, instance: '' });
  expect(told(wrong)).toEqual(told(missing));
});

const BAD_REQUESTS: Record<string, Call> = {
  'no JSON': { body: '{' },
  'no order': { body: {} },
  'too large': { body: 'x'.repeat(300_000) },
  'invalid UTF-8': { body: Buffer.from([0xff]) },
  'of another type': { body: 'x', headers: { 'content-type': 'text/plain' } },
  'not there at all': {},
};

describe.each(Object.entries(BAD_REQUESTS))('a body that is %s', (_, bad) => {
  test.each([
    [401, undefined],
    [403, 'reader' as const],
  ])('is not looked at where the key is refused with %i', async (status, as) => {
    const answer = await api.call('submit', { ...bad, as });
    expect(answer.status).toBe(status);
    expect(answer.text).toBe((await api.call('submit', { as, ...same(answer) })).text);
  });
});

const same = ({ body }: Answer): Call => ({
  headers: { 'x-request-id': String(body.instance) },
});

test('a right key with the wrong scope is 403 right after it was used where it may be', async () => {
  expect((await api.read(id, { as: 'reader' })).status).toBe(200);
  expect((await api.submit(orderBody(), { as: 'reader' })).status).toBe(403);
});
