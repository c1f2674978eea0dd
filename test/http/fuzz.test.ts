import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { orderBodies, respelled } from '../orders/bodies.ts';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

/** A refusal leaves no trace, and nothing is ever a fault of ours. */
async function expectTakenOrRefused(body: unknown, headers: Record<string, string> = {}) {
  const before = await api.counts();
  const answer = await api.submit(body, { headers });
  expect([202, 400, 413, 415]).toContain(answer.status);
  // Chance may send a key again.
  const isNew = answer.status === 202 && !answer.headers['idempotent-replayed'];
  const taken = isNew ? 1 : 0;
  expect((await api.counts()).kept).toBe(before.kept + taken);
}

const member = fc.constantFrom(
  'customer',
  'currency',
  'lines',
  'reference',
  'produceAt',
  'metadata',
);

test('any JSON is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), (value) =>
      expectTakenOrRefused(JSON.stringify(value)),
    ),
  );
});

test('an order with any JSON for one of its members is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(member, fc.jsonValue({ stringUnit: 'binary' }), (name, value) =>
      expectTakenOrRefused(JSON.stringify(orderBody({ [name]: value }))),
    ),
  );
});

test('any text and any bytes are an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ minLength: 1 }),
      async (text, bytes) => {
        await expectTakenOrRefused(text);
        await expectTakenOrRefused(Buffer.from(bytes));
      },
    ),
  );
});

test('an order with some of its bytes changed is an order or a 4xx', async () => {
  const bytes = Buffer.from(JSON.stringify(orderBody({ metadata: { a: 'é' } })));
  const changes = fc.array(
    fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(changes, (changed) => {
      const body = Buffer.from(bytes);
      for (const [at, byte] of changed) body[at] = byte;
      return expectTakenOrRefused(body);
    }),
  );
});

test('any headers are an order or a 4xx', async () => {
  const value = fc.string({ unit: 'binary', maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(value, value, value, async (key, type, id) => {
      await expectTakenOrRefused(orderBody(), { 'idempotency-key': key, 'x-request-id': id });
      await expectTakenOrRefused(orderBody(), { 'content-type': type });
      const read = await api.read(id, { headers: { 'if-none-match': key } });
      expect(read.status).toBe(404);
    }),
  );
});

test('a valid order is taken, read as it was sent, and replayed however it is written', async () => {
  const made = orderBodies.chain((body) => respelled(body).map((text) => ({ body, text })));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(made, async ({ body, text }) => {
      const key = `valid-${count++}`;
      const first = await api.submit(body, { key });
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
