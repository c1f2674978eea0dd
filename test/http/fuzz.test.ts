import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderBodies, respelled } from '../orders/bodies.ts';
import { orderBody } from '../support/orders.ts';
import { ROUTES } from './deployment.ts';
import { fuzzing, json, nastyText, numbers, oneIn, TIMEOUT_MS, wrongOrder } from './fuzzing.ts';

type Route = keyof typeof ROUTES;
const { send, submit, read } = fuzzing();

test(
  'a valid order is accepted, read as it was sent, and replayed however it is written',
  async () => {
    const made = orderBodies.chain((body) => respelled(body).map((text) => ({ body, text })));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(made, async ({ body, text }) => {
        const key = `valid-${count++}`;
        const first = await submit(body, { 'idempotency-key': key });
        expect(first.status).toBe(202);
        expect((await submit(text, { 'idempotency-key': key })).text).toBe(first.text);
        const { produceAt: _, metadata = {}, ...rest } = body;
        const stored = (await read(String(first.body.id))).body;
        expect(stored).toMatchObject(rest);
        const members = Object.entries(stored.metadata ?? {});
        expect(members.sort()).toEqual(Object.entries(metadata).sort());
      }),
      oneIn(50),
    );
  },
  TIMEOUT_MS,
);

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((some) => Buffer.from(some));
const ORDER = Buffer.from(JSON.stringify(orderBody({ metadata: { a: 'é' } })));
const change = fc.tuple(fc.nat({ max: ORDER.length - 1 }), fc.integer({ min: 0, max: 255 }));
const changed = fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
  const body = Buffer.from(ORDER);
  for (const [at, byte] of changes) body[at] = byte;
  return body;
});
const inJson = (value: fc.Arbitrary<unknown>) => value.map((one) => JSON.stringify(one));

test.each([
  ['any JSON', 8, inJson(json), [400, 413]],
  ['an order with anything in one of its members', 4, inJson(wrongOrder), [202, 400]],
  ['any text and any bytes', 6, fc.oneof(nastyText, bytes), [400]],
  ['an order with some of its bytes changed', 8, changed, [202, 400]],
])(
  '%s is an order or a 4xx',
  async (_, part, bodies: fc.Arbitrary<unknown>, statuses) => {
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        expect(statuses).toContain((await submit(body)).status);
      }),
      oneIn(part),
    );
  },
  TIMEOUT_MS,
);

const HEADERS = ['idempotency-key', 'content-type', 'content-encoding', 'x-request-id', 'cookie'];
const item = fc.oneof(json, wrongOrder, fc.record({ idempotencyKey: nastyText }));
const orders = fc.array(item, { minLength: 1, maxLength: 8 });
const query = fc.dictionary(
  fc.constantFrom('limit', 'cursor', 'status', 'customer', 'idempotencyKey', '__proto__', 'x'),
  fc.oneof(nastyText, fc.constantFrom('1', '100', '101', 'queued', 'dead')),
  { maxKeys: 3 },
);
const credentials = fc.oneof(
  nastyText,
  nastyText.map((text) => `Bearer ${text}`),
  fc.base64String({ maxLength: 80 }).map((text) => `bearer ${text}`),
);
const routes = (...names: Route[]) => fc.constantFrom(...names);
const ofOne = routes('read', 'cancel', 'redrive', 'erase');

/** Requests by what they are, the share of them, and what they may be answered with. */
const REQUESTS: [string, number, fc.Arbitrary<Parameters<typeof send>>, number[]][] = [
  [
    'any header',
    20,
    fc.tuple(fc.constantFrom(...HEADERS), nastyText).map(([name, value]) => {
      return ['submit', { body: orderBody(), headers: { 'idempotency-key': 'h', [name]: value } }];
    }),
    [202, 400, 415, 422],
  ],
  [
    'any id',
    8,
    fc.tuple(ofOne, nastyText, nastyText).map(([route, id, tag]) => {
      return [route, { id, as: 'admin', headers: { 'if-none-match': tag } }];
    }),
    [404],
  ],
  [
    'any query',
    20,
    fc.tuple(routes('list', 'deadLetters'), query).map(([route, parameters]) => {
      return [route, { query: parameters, as: route === 'list' ? 'shop' : 'admin' }];
    }),
    [200, 400],
  ],
  [
    'any credentials',
    8,
    fc
      .tuple(routes(...(Object.keys(ROUTES) as Route[])), credentials)
      .map(([route, authorization]) => [route, { headers: { authorization }, body: orderBody() }]),
    [401],
  ],
  [
    'any batch',
    20,
    fc
      .oneof(json, fc.record({ orders: fc.oneof(json, orders), more: json }), fc.record({ orders }))
      .map((body) => ['batch', { body: JSON.stringify(body) }]),
    [200, 400],
  ],
  [
    'any redrive',
    20,
    fc
      .oneof(json, fc.record({ limit: fc.oneof(json, numbers) }))
      .map((body) => ['redriveMany', { body: JSON.stringify(body) }]),
    [202, 400],
  ],
];

test.each(REQUESTS)(
  '%s is answered, and never with a 5xx',
  async (_, part, requests, statuses) => {
    await fc.assert(
      fc.asyncProperty(requests, async ([route, call]) => {
        expect(statuses).toContain((await send(route, call)).status);
      }),
      oneIn(part),
    );
  },
  TIMEOUT_MS,
);
