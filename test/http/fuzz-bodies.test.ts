import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderBodies, respelled } from '../orders/bodies.ts';
import { orderBody } from '../support/orders.ts';
import { fuzzing, json, nastyText, wrongOrder } from './fuzzing.ts';

// With those of fuzz-routes.test.ts, 50,000 requests that are wrong; chance makes some right.
const { submit, read } = fuzzing(29_000);

test('any JSON is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      expect([400, 413]).toContain((await submit(JSON.stringify(value))).status);
    }),
    { numRuns: 5_600 },
  );
});

test('an order with anything for one of its members is an order or a 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(wrongOrder, async (order) => {
      expect([202, 400]).toContain((await submit(JSON.stringify(order))).status);
    }),
    { numRuns: 13_500 },
  );
});

test('any text and any bytes are a 4xx', async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((some) => Buffer.from(some));
  await fc.assert(
    fc.asyncProperty(fc.oneof(nastyText, bytes), async (body) => {
      expect((await submit(body)).status).toBe(400);
    }),
    { numRuns: 8_000 },
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
    { numRuns: 5_600 },
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
      const repeat = await submit(text, { 'idempotency-key': key });
      expect(repeat.text).toBe(first.text);
      const { produceAt: _, metadata = {}, ...rest } = body;
      const stored = (await read(String(first.body.id))).body;
      expect(stored).toMatchObject(rest);
      expect(Object.entries(stored.metadata ?? {}).sort()).toEqual(Object.entries(metadata).sort());
    }),
  );
});
