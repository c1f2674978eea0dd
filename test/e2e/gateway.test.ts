import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { orderBody } from '../support/orders.ts';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ port: 0, onLog: () => undefined });
}, 60_000);
afterAll(() => stack.stop());

const SHOP = { authorization: 'Bearer local-shop-key' };
const ADMIN = { authorization: 'Bearer local-admin-key' };
const JSON_TYPE = { 'content-type': 'application/json' };
const ORDER = JSON.stringify(orderBody());

function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string | Buffer,
) {
  return fetch(`${stack.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
}

function submit(key: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const all = { ...SHOP, ...JSON_TYPE, 'idempotency-key': key, ...headers };
  return send('POST', '/orders', all, body);
}

const typeOf = async (answer: Response) => ((await answer.json()) as { type: string }).type;

/** Sends bytes that fetch would not send; answers what came back. */
async function sendRaw(lines: string[], body = '', { isCut = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(stack.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const text = [...lines, 'host: localhost', '', body].join('\r\n');
  if (isCut) socket.end(text);
  else socket.write(text);
  await once(socket, 'close');
  return received;
}

test.each(['evil.example', 'localhost.evil.example:3000', '127.0.0.1.evil.example', ''])(
  'a request for the host %j is for no API on this machine',
  async (host) => {
    const lines = [
      'GET /me HTTP/1.1',
      `Host: ${host}`,
      'Connection: close',
      `Authorization: ${SHOP.authorization}`,
    ];
    const socket = connect(Number(new URL(stack.url).port), '127.0.0.1');
    socket.write([...lines, '', ''].join('\r\n'));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
    expect(String(answer)).not.toMatch(/access-control/i);
  },
);

test.each([
  ['GET', '/nope'],
  ['PUT', '/orders'],
  ['OPTIONS', '/orders'],
  ['GET', '/orders/%'],
  ['GET', '/orders/%ff'],
  ['GET', '/orders/'],
  ['GET', '/Stats'],
  ['POST', '/stats'],
  ['POST', '/2015-03-31/functions/drain-queue/invocations'],
])('%s %s is no route, and is answered as API Gateway does', async (method, path) => {
  for (const body of method === 'GET' ? [undefined] : [undefined, '{']) {
    const answer = await send(method, path, { ...ADMIN, ...JSON_TYPE }, body);
    expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
    expect(answer.headers.has('x-request-id')).toBe(false);
  }
});

test('HEAD is no route, and CORS is off', async () => {
  expect((await send('HEAD', '/stats', ADMIN)).status).toBe(404);
  const answer = await send('GET', '/orders', { ...SHOP, origin: 'http://localhost:1' });
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([]);
});

test('a query is decoded, and a parameter that is sent twice is joined', async () => {
  const customer = 'Ä, B&=+?/';
  await submit('query', JSON.stringify(orderBody({ customer })));
  const found = await send('GET', `/orders?customer=${encodeURIComponent(customer)}`, SHOP);
  expect(await found.json()).toMatchObject({ orders: [{ customer }], nextCursor: null });
  for (const query of ['limit=1&limit=2', 'limit=%', 'cursor=%ff', 'status']) {
    expect([query, (await send('GET', `/orders?${query}`, SHOP)).status]).toEqual([query, 400]);
  }
  expect((await send('GET', '/orders?=&&limit=1&x=%', SHOP)).status).toBe(200);
});

test.each(['0', 'false', 'null', '"x"', JSON.stringify(ORDER), ' 1 '])(
  'the JSON value %s is a body, but not an order',
  async (value) => {
    expect(await (await submit('value', value)).json()).toMatchObject({
      type: '/problems/invalid-order',
      errors: [{ pointer: '' }],
    });
    const headers = { ...ADMIN, ...JSON_TYPE };
    expect((await send('POST', '/dead-letters/redrive', headers, value)).status).toBe(400);
  },
);

test.each([
  ...['', 'application/json, text/plain', 'text/plain'].map((type) => ({ 'content-type': type })),
  ...['multipart/form-data', 'multipart/mixed; boundary=x'].map((type) => ({
    'content-type': type,
  })),
  ...['gzip', 'br', 'x'].map((encoding) => ({ 'content-encoding': encoding })),
])(
  'a body with %j is for the function to refuse, after it has checked the key',
  async (headers) => {
    const all = headers as Record<string, string>;
    expect((await submit('type', ORDER, all)).status).toBe(415);
    expect((await send('POST', '/orders', all, ORDER)).status).toBe(401);
  },
);

test('a body over 10 MB is refused by the gateway, one over 256 KiB by the function', async () => {
  const large = await submit('large', 'x'.repeat(10 * 1024 * 1024 + 1));
  expect([large.status, await large.json()]).toEqual([
    413,
    { message: 'Request Entity Too Large' },
  ]);
  const tooLarge = await submit('too-large', 'x'.repeat(256 * 1024 + 1));
  expect(await typeOf(tooLarge)).toBe('/problems/body-too-large');
});

test('a body that is not UTF-8 is not JSON, and is not repaired', async () => {
  const body = Buffer.from(JSON.stringify(orderBody({ customer: 'a~b' })));
  body[body.indexOf('~')] = 0xff;
  expect(await typeOf(await submit('utf-8', body))).toBe('/problems/invalid-json');
});

test('an upload that breaks off makes no order, even if what came is one', async () => {
  const type = 'content-type: application/json';
  const head = ['POST /orders HTTP/1.1', `authorization: ${SHOP.authorization}`, type];
  const lines = [...head, 'idempotency-key: cut', `content-length: ${ORDER.length + 50}`];
  expect(await sendRaw(lines, ORDER, { isCut: true })).not.toMatch(/^HTTP\/1.1 2/);
  const whole = await submit('cut', ORDER);
  expect([whole.status, whole.headers.get('idempotent-replayed')]).toEqual([202, null]);
});

test('two Authorization headers are not a key', async () => {
  const key = `authorization: ${ADMIN.authorization}`;
  const answer = await sendRaw(['GET /stats HTTP/1.1', key, key, 'connection: close']);
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
});

test('100 submits at once are all answered', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => submit('same', ORDER)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
}, 60_000);
