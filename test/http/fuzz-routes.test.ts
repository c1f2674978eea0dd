import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { ROUTES } from './deployment.ts';
import { fuzzing, json, nastyText, numbers, wrongOrder } from './fuzzing.ts';

type Route = keyof typeof ROUTES;

// With those of fuzz-bodies.test.ts, 50,000 requests that are wrong.
const { send, submit } = fuzzing(21_000);

test('any headers are an order or a 4xx', async () => {
  const names = ['idempotency-key', 'content-type', 'x-request-id', 'content-length', 'cookie'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), nastyText, async (name, value) => {
      const answer = await submit(orderBody(), { [name]: value });
      expect([202, 400, 415, 422]).toContain(answer.status);
      expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    }),
    { numRuns: 1_700 },
  );
});

test('any id is a 404', async () => {
  const routes = fc.constantFrom<Route[]>('read', 'cancel', 'redrive');
  await fc.assert(
    fc.asyncProperty(routes, nastyText, nastyText, async (route, id, tag) => {
      const answer = await send(route, { id, headers: { 'if-none-match': tag } });
      expect(answer.status).toBe(404);
    }),
    { numRuns: 7_500 },
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
    { numRuns: 2_500 },
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
    { numRuns: 9_000 },
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
    { numRuns: 2_500 },
  );
});

test('any redrive of many redrives as many as it says, or is a 4xx', async () => {
  const body = fc.oneof(json, fc.record({ limit: fc.oneof(json, numbers) }), nastyText);
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      expect([202, 400]).toContain((await send('redriveMany', { body: text })).status);
    }),
    { numRuns: 2_500 },
  );
});
