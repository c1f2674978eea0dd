import { beforeAll, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Call, type Deployment, deploy, ROUTES } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

type Route = keyof typeof ROUTES;
const routes = Object.keys(ROUTES) as Route[];
const UUID = /^[0-9a-f-]{36}$/;

async function idOf(route: Route, call: Call) {
  const { headers, body, status } = await api.call(route, call);
  const isProblem = headers['content-type'] === 'application/problem+json';
  expect(isProblem).toBe(status >= 400);
  expect(body.instance).toBe(isProblem ? headers['x-request-id'] : undefined);
  return headers['x-request-id'];
}

test.each(['a', '0', 'A-z_0.9', '-', '..', 'x'.repeat(128)])('%s is echoed', async (id) => {
  const headers = { 'x-request-id': id };
  for (const route of routes) {
    expect(await idOf(route, { headers })).toBe(id);
    expect(await idOf(route, { headers, as: undefined })).toBe(id);
  }
});

test.each([
  '',
  ' ',
  'x'.repeat(129),
  'a b',
  'a,b',
  'a/b',
  'a:b',
  'a"b',
  '<script>',
  'é',
  'a\r\nset-cookie: x',
  'a\n',
  '\u001b[31m',
  '\u2028',
  'a\0',
])('%j is replaced by an id of our own', async (id) => {
  for (const route of routes) {
    expect(await idOf(route, { headers: { 'x-request-id': id } })).toMatch(UUID);
  }
});

test('a request without an id is given one of its own', async () => {
  const ids = await Promise.all(routes.map((route) => idOf(route, {})));
  for (const id of ids) expect(id).toMatch(UUID);
  expect(new Set(ids).size).toBe(routes.length);
});

test('a receipt, an order and a 304 carry the id too', async () => {
  const headers = { 'x-request-id': 'mine' };
  const receipt = await api.submit(orderBody(), { headers });
  expect(receipt.headers['x-request-id']).toBe('mine');
  const id = String(receipt.body.id);
  expect((await api.read(id, { headers })).headers['x-request-id']).toBe('mine');
  const cached = await api.read(id, { headers: { ...headers, 'if-none-match': '*' } });
  expect([cached.status, cached.headers['x-request-id']]).toEqual([304, 'mine']);
});

test('every problem has the members that RFC 9457 asks for, and its status twice', async () => {
  const problems = [
    await api.submit('{'),
    await api.submit({}),
    await api.submit(orderBody(), { as: undefined }),
    await api.submit(orderBody(), { as: 'reader' }),
    await api.submit(orderBody(), { key: undefined, headers: { 'idempotency-key': undefined } }),
    await api.submit(orderBody(), { headers: { 'content-type': 'text/plain' } }),
    await api.submit('x'.repeat(300_000)),
    await api.read('ord_none'),
  ];
  expect(problems.map(({ status }) => status)).toEqual([400, 400, 401, 403, 400, 415, 413, 404]);
  for (const { status, headers, body } of problems) {
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    expect(body.type).toMatch(/^\/problems\/[a-z-]+$/);
    expect(Object.keys(body).filter((name) => name !== 'errors')).toHaveLength(5);
  }
});
