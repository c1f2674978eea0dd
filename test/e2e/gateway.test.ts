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

function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string | Buffer,
) {
  return fetch(`${stack.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
}

function submit(key: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const all = { ...SHOP, 'content-type': 'application/json', 'idempotency-key': key, ...headers };
  return send('POST', '/orders', all, body);
}

/** Sends bytes as they are, for what fetch would not send; answers what came back. */
async function sendRaw(text: string, { isCut = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(stack.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  if (isCut) socket.end(text);
  else socket.write(text);
  await once(socket, 'close');
  return received;
}

test.each([
  ['GET', '/nope'],
  ['DELETE', '/orders'],
  ['OPTIONS', '/orders'],
  ['GET', '/orders/%'],
  ['GET', '/orders/%ff'],
  ['GET', '/orders/'],
  ['POST', '/orders/'],
  ['GET', '/Stats'],
  ['POST', '/2015-03-31/functions/drain-queue/invocations'],
])('%s %s is no route, and is answered as API Gateway does', async (method, path) => {
  const answer = await send(method, path, ADMIN);
  expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
  expect(answer.headers.has('x-request-id')).toBe(false);
});

test('a query is decoded, and a parameter that stands twice is joined', async () => {
  const customer = 'Ä, B&=+?/';
  await submit('query', JSON.stringify(orderBody({ customer })));
  const found = await send('GET', `/orders?customer=${encodeURIComponent(customer)}`, SHOP);
  expect(await found.json()).toMatchObject({ orders: [{ customer }], nextCursor: null });
  for (const query of ['limit=1&limit=2', 'limit=%', 'cursor=%ff', 'status']) {
    expect([query, (await send('GET', `/orders?${query}`, SHOP)).status]).toEqual([query, 400]);
  }
  expect((await send('GET', '/orders?=&&limit=1&x=%', SHOP)).status).toBe(200);
});

test.each(['0', 'false', 'null', '"x"', JSON.stringify(JSON.stringify(orderBody())), ' 1 '])(
  'the JSON value %s is a body, and no order',
  async (value) => {
    const answer = await submit(`value-${value.length}`, value);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { type: '/problems/invalid-order', errors: [{ pointer: '' }] },
    ]);
    const headers = { ...ADMIN, 'content-type': 'application/json' };
    expect((await send('POST', '/dead-letters/redrive', headers, value)).status).toBe(400);
  },
);

test.each(['multipart/form-data', 'multipart/mixed; boundary=x'])(
  'a body of the type %s is the function’s to refuse',
  async (type) => {
    expect((await submit('multipart', '{}', { 'content-type': type })).status).toBe(415);
    const headers = { 'content-type': type };
    expect((await send('POST', '/orders', headers, '{}')).status).toBe(401);
  },
);

test('a body that is no JSON makes no route of what is none', async () => {
  const headers = { ...SHOP, 'content-type': 'application/json' };
  for (const [method, path] of [
    ['PUT', '/orders'],
    ['POST', '/stats'],
    ['POST', '/x'],
  ] as const) {
    expect((await send(method, path, headers, '{')).status).toBe(404);
  }
});

test('CORS is off', async () => {
  const answer = await send('GET', '/orders', { ...SHOP, origin: 'http://localhost:1' });
  const names = [...answer.headers.keys()];
  expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('HEAD is no route', async () => {
  expect((await send('HEAD', '/stats', ADMIN)).status).toBe(404);
});

test('a body over 10 MB is the gateway’s to refuse, one over 256 KiB the function’s', async () => {
  const large = await submit('large', 'x'.repeat(10 * 1024 * 1024 + 1));
  expect([large.status, await large.json()]).toEqual([
    413,
    { message: 'Request Entity Too Large' },
  ]);
  const tooLarge = await submit('too-large', 'x'.repeat(256 * 1024 + 1));
  expect(await tooLarge.json()).toMatchObject({ type: '/problems/body-too-large' });
});

test.each(['', 'application/json, text/plain', 'text/plain'])(
  'a body of the type "%s" is a 415',
  async (type) => {
    const answer = await submit(`type-${type.length}`, JSON.stringify(orderBody()), {
      'content-type': type,
    });
    expect(answer.status).toBe(415);
  },
);

test('a body that is no UTF-8 is no JSON, and is not taken in other letters', async () => {
  const body = Buffer.from(JSON.stringify(orderBody({ customer: 'a~b' })));
  body[body.indexOf('~')] = 0xff;
  const answer = await submit('utf-8', body);
  expect(await answer.json()).toMatchObject({ type: '/problems/invalid-json' });
});

test('an upload that breaks off makes no order, also where what came is one', async () => {
  const body = JSON.stringify(orderBody());
  const head = [
    'POST /orders HTTP/1.1',
    'host: localhost',
    'authorization: Bearer local-shop-key',
    'content-type: application/json',
    'idempotency-key: cut',
  ];
  const declared = `content-length: ${body.length + 50}`;
  const answer = await sendRaw([...head, declared, '', body].join('\r\n'), { isCut: true });
  expect(answer).not.toMatch(/^HTTP\/1.1 2/);
  const whole = await submit('cut', body);
  expect([whole.status, whole.headers.get('idempotent-replayed')]).toEqual([202, null]);
});

test('two Authorization headers are no key', async () => {
  const head = [
    'GET /stats HTTP/1.1',
    'host: localhost',
    'authorization: Bearer local-admin-key',
    'authorization: Bearer local-admin-key',
    'connection: close',
  ];
  expect(await sendRaw([...head, '', ''].join('\r\n'))).toMatch(/^HTTP\/1.1 401 /);
});

test('300 submits at once are all answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => submit('same', JSON.stringify(orderBody()))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
}, 60_000);
