import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { orderBodies, respelled } from '../orders/bodies.ts';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Call, type Deployment, deploy, ROUTES } from './deployment.ts';

type Route = keyof typeof ROUTES;

/** Enough for 50,000 that are wrong, as chance makes some right; each test has its share of them. */
const REQUESTS = 56_000;
const REFUSALS_MIN = 50_000;
const share = (percent: number) => ({ numRuns: (REQUESTS * percent) / 100 });

let api: Deployment;
let output: string;
let refusals = 0;
/** Ids of orders that chance made right. */
const accepted = new Set<string>();

/** What no answer and no line of the log may hold: an order of another client, and secrets. */
const CANARY = 'canary-of-another-client';
const secrets = () => [CANARY, inject('upstash').token, 'test-key-of-', api.prefix];

beforeAll(async () => {
  output = '';
  const keep = (text: unknown) => {
    output += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  api = await deploy();
  const order = orderBody({ customer: CANARY, reference: CANARY, metadata: { a: CANARY } });
  const { body } = await api.submit(order, { as: 'other', key: CANARY });
  accepted.add(String(body.id));
});

// All keys that there are belong to orders that were accepted: what was refused left nothing.
afterAll(async () => {
  vi.restoreAllMocks();
  const orders = [...accepted].map((id) => `order:${id}`);
  const places = ['order_index', 'order_pending', 'order_queue'];
  expect(await api.keys()).toEqual([...orders, ...places].sort());
  expect((await api.counts()).kept).toBe(accepted.size);
  expect(refusals).toBeGreaterThan(REFUSALS_MIN);
  for (const secret of secrets()) expect(output).not.toContain(secret);
});

/** Whatever comes, it is no fault of ours, and nobody learns what is not theirs. */
async function send(route: Route, call: Call): Promise<Answer> {
  const answer = await api.call(route, call);
  expect(answer.status).toBeLessThan(500);
  if (answer.status >= 400) refusals += 1;
  for (const secret of secrets()) expect(answer.text).not.toContain(secret);
  const receipts = route === 'submit' ? [answer.body] : resultsOf(answer);
  for (const { id } of receipts) if (typeof id === 'string') accepted.add(id);
  return answer;
}

function resultsOf({ body }: Answer): { id?: unknown }[] {
  const results = (body.results ?? []) as { order?: { id: string } }[];
  return results.map(({ order }) => order ?? {});
}

let submits = 0;
function submit(body: unknown, headers: Call['headers'] = {}): Promise<Answer> {
  submits += 1;
  return send('submit', { body, headers: { 'idempotency-key': `k${submits}`, ...headers } });
}

const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const NASTY = [
  ...[
    '',
    ' ',
    '*',
    '{}',
    ':',
    '..',
    '../order_index',
    'order_queue',
    '\0',
    '\r\n',
    '%00',
    '\u2028',
  ],
  ...['__proto__', 'constructor', 'ord_*', `ord_${'0'.repeat(31)}`, `ord_${'w'.repeat(32)}`],
  ...['[a-z]*', '\u001b[31m', 'null', '-1', '1e400', 'x'.repeat(32_768), '"', '"\\"', '\ud800'],
];
const nastyText = fc.oneof(anyText, fc.constantFrom(...NASTY));
const member = fc.constantFrom(
  ...['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata', 'id', 'status'],
  ...['attempts', 'client', 'totalAmount', '__proto__'],
);
const numbers = fc.constantFrom(0, -0, -1, 0.5, 2 ** 53, 1e21, 1e308, 10 ** 12 + 1, 1_000_001);
const wrongLine = fc
  .record(
    {
      sku: fc.oneof(nastyText, json),
      quantity: fc.oneof(numbers, json),
      unitAmount: fc.oneof(numbers, json),
      description: fc.oneof(nastyText, json),
      more: json,
    },
    { requiredKeys: [] },
  )
  .map((members) => ({ sku: 'a', quantity: 1, unitAmount: 1, ...members }));
const wrongOrder = fc
  .tuple(member, fc.oneof(json, nastyText, numbers, fc.array(wrongLine, { maxLength: 4 })))
  .map(([name, value]) => ({ ...orderBody(), [name]: value }));

test('any JSON is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      expect([400, 413]).toContain((await submit(JSON.stringify(value))).status);
    }),
    share(10),
  );
});

test('an order with anything for one of its members is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(wrongOrder, async (order) => {
      expect([202, 400]).toContain((await submit(JSON.stringify(order))).status);
    }),
    share(24),
  );
});

test('any text and any bytes are a 4xx', async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((some) => Buffer.from(some));
  await fc.assert(
    fc.asyncProperty(fc.oneof(nastyText, bytes), async (body) => {
      expect((await submit(body)).status).toBe(400);
    }),
    share(14),
  );
});

test('an order with some of its bytes changed is an order or a 4xx', async () => {
  const bytes = Buffer.from(JSON.stringify(orderBody({ metadata: { a: 'é' } })));
  const changes = fc.array(
    fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const body = Buffer.from(bytes);
      for (const [at, byte] of changed) body[at] = byte;
      expect([202, 400]).toContain((await submit(body)).status);
    }),
    share(10),
  );
});

test('any headers are an order or a 4xx', async () => {
  const names = ['idempotency-key', 'content-type', 'x-request-id', 'content-length', 'cookie'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), nastyText, async (name, value) => {
      const answer = await submit(orderBody(), { [name]: value });
      expect([202, 400, 415, 422]).toContain(answer.status);
      expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    }),
    share(3),
  );
});

test('any id is a 404', async () => {
  const routes = fc.constantFrom<Route[]>('read', 'cancel', 'redrive');
  await fc.assert(
    fc.asyncProperty(routes, nastyText, nastyText, async (route, id, tag) => {
      const answer = await send(route, { id, headers: { 'if-none-match': tag } });
      expect(answer.status).toBe(404);
    }),
    share(12),
  );
});

test('any query is a page or a 400', async () => {
  const query = fc.dictionary(
    fc.constantFrom('limit', 'cursor', 'status', 'customer', '__proto__', 'x'),
    fc.oneof(nastyText, fc.constantFrom('1', '100', '101', 'queued', 'dead')),
    { maxKeys: 3 },
  );
  const routes = fc.constantFrom<Route[]>('list', 'deadLetters');
  await fc.assert(
    fc.asyncProperty(routes, query, async (route, parameters) => {
      const as = route === 'list' ? 'shop' : 'admin';
      const answer = await send(route, { query: parameters, as });
      expect([200, 400]).toContain(answer.status);
    }),
    share(4),
  );
});

test('any credentials are a 401, on every route', async () => {
  const routes = fc.constantFrom(...(Object.keys(ROUTES) as Route[]));
  const credentials = fc.oneof(
    nastyText,
    nastyText.map((text) => `Bearer ${text}`),
    fc.base64String({ maxLength: 80 }).map((text) => `bearer ${text}`),
  );
  await fc.assert(
    fc.asyncProperty(routes, credentials, async (route, authorization) => {
      const answer = await send(route, { headers: { authorization }, body: orderBody() });
      expect(answer.status).toBe(401);
    }),
    share(15),
  );
});

test('any batch has a result for each order, or is a 4xx', async () => {
  const item = fc.oneof(json, wrongOrder, fc.record({ idempotencyKey: nastyText }));
  const batch = fc.oneof(json, fc.record({ orders: fc.oneof(json, fc.array(item)), more: json }));
  const valid = fc.array(item, { minLength: 1, maxLength: 8 }).map((orders) => ({ orders }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(batch, valid), async (body) => {
      const answer = await send('batch', { body: JSON.stringify(body) });
      expect([200, 400]).toContain(answer.status);
    }),
    share(4),
  );
});

test('any redrive of many redrives as many as it says, or is a 4xx', async () => {
  const body = fc.oneof(json, fc.record({ limit: fc.oneof(json, numbers) }), nastyText);
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      expect([202, 400]).toContain((await send('redriveMany', { body: text })).status);
    }),
    share(4),
  );
});

test('a valid order is taken, read as it was sent, and replayed however it is written', async () => {
  const made = orderBodies.chain((body) => respelled(body).map((text) => ({ body, text })));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(made, async ({ body, text }) => {
      const key = `valid-${count++}`;
      const first = await submit(body, { 'idempotency-key': key });
      expect(first.status).toBe(202);
      const repeat = await api.submit(text, { key });
      expect(repeat.text).toBe(first.text);
      const { produceAt: _, metadata = {}, ...rest } = body;
      const stored = (await api.read(String(first.body.id))).body;
      expect(stored).toMatchObject(rest);
      expect(Object.entries(stored.metadata ?? {}).sort()).toEqual(Object.entries(metadata).sort());
    }),
  );
});
