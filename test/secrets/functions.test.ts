import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KEPT_MS } from '../../lib/secrets/secrets.ts';
import {
  bearer,
  functionEnvironment,
  type Handler,
  httpEvent,
  lambdaContext,
} from '../support/functions.ts';
import { keepVariables, secretsManager, variablesOf } from '../support/secrets-manager.ts';

const SECRETS = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'SLUICE_API_KEYS'];
const SECRET = 'sluice/test';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** The secrets of a deployment in Secrets Manager, and what leads a function to them. */
async function deployment() {
  const env = functionEnvironment();
  const variables = Object.fromEntries(SECRETS.map((name) => [name, env[name] ?? '']));
  const store = await secretsManager({ [SECRET]: variables });
  for (const name of SECRETS) vi.stubEnv(name, undefined);
  vi.stubEnv('SLUICE_PREFIX', env.SLUICE_PREFIX);
  vi.stubEnv('SLUICE_SECRETS', SECRET);
  for (const [name, value] of Object.entries(store.env)) vi.stubEnv(name, value);
  const put = (name: string, value: string) => store.put(SECRET, { [name]: value });
  return { env, store, put };
}

async function start(name: string): Promise<Handler> {
  vi.resetModules();
  const { handler } = await import(`../../functions/${name}.ts`);
  return handler;
}

const submit = (handler: Handler, key: 'shop' | 'reader' = 'shop') =>
  handler(
    httpEvent('POST /orders', {
      headers: {
        authorization: bearer(key),
        'content-type': 'application/json',
        'idempotency-key': '536365',
      },
      body: '{"customer":"17850","currency":"GBP","lines":[{"sku":"85123A","quantity":6,"unitAmount":255}]}',
    }),
    lambdaContext(),
  );

test('a function reads its secrets at its start, and then no more for each request', async () => {
  const { store } = await deployment();
  const handler = await start('submit-order');
  expect((await submit(handler)).statusCode).toBe(202);
  expect((await submit(handler)).headers).toMatchObject({ 'idempotent-replayed': 'true' });
  expect(store.received).toHaveLength(1);
});

test('a token that Redis refuses is read again, and the request is answered', async () => {
  const { env, put, store } = await deployment();
  put('UPSTASH_REDIS_REST_TOKEN', 'a-token-of-before');
  const handler = await start('submit-order');
  put('UPSTASH_REDIS_REST_TOKEN', env.UPSTASH_REDIS_REST_TOKEN ?? '');
  expect((await submit(handler)).statusCode).toBe(202);
  expect(store.received).toHaveLength(2);
});

test('a token that stays refused is a 503, and is not read again for each request', async () => {
  const { put, store } = await deployment();
  put('UPSTASH_REDIS_REST_TOKEN', 'wrong');
  const handler = await start('submit-order');
  for (let request = 0; request < 5; request += 1) {
    expect((await submit(handler)).statusCode).toBe(503);
  }
  expect(store.received).toHaveLength(2);
});

test('a key that is taken away works for five minutes at most, a new scope sooner than that', async () => {
  const { env, put } = await deployment();
  const handler = await start('submit-order');
  expect((await submit(handler)).statusCode).toBe(202);
  const keys = JSON.parse(env.SLUICE_API_KEYS ?? '') as { scopes: string[] }[];
  put('SLUICE_API_KEYS', JSON.stringify(keys.slice(1)));
  vi.setSystemTime(Date.now() + KEPT_MS);
  expect((await submit(handler)).statusCode).toBe(401);
  expect((await submit(handler, 'reader')).statusCode).toBe(403);
});

const denied = () => ({ status: 400, body: { __type: 'AccessDeniedException' } });
const throttled = () => ({ status: 400, body: { __type: 'ThrottlingException' } });

test('while its secrets may not be read, everybody is answered with 503', async () => {
  const { store } = await deployment();
  store.failWith(denied);
  const handler = await start('submit-order');
  const refused = await submit(handler);
  expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
  expect(JSON.parse(refused.body ?? '')).toMatchObject({ type: '/problems/store-unavailable' });
  store.failWith(undefined);
  expect((await submit(handler)).statusCode).toBe(202);

  store.failWith(denied);
  vi.setSystemTime(Date.now() + KEPT_MS);
  expect((await submit(handler)).statusCode).toBe(503);
});

test.each([
  ['throttles', throttled],
  ['fails', () => ({ status: 503, body: {} })],
])('secrets that are known stay in use while their store %s', async (_, fault) => {
  const { store, put } = await deployment();
  const handler = await start('submit-order');
  store.failWith(fault);
  vi.setSystemTime(Date.now() + 3 * KEPT_MS);
  expect((await submit(handler)).statusCode).toBe(202);
  // It is not asked again for every request.
  const asked = store.received.length;
  expect((await submit(handler)).statusCode).toBe(202);
  expect(store.received).toHaveLength(asked);
  put('SLUICE_API_KEYS', `[{"client":"x","scopes":["orders:read"],"sha256":"${'0'.repeat(64)}"}]`);
  store.failWith(undefined);
  vi.setSystemTime(Date.now() + 10_000);
  expect((await submit(handler)).statusCode).toBe(401);
});

test('a function starts with 400 API keys', async () => {
  const { env, put, store } = await deployment();
  const keys = JSON.parse(env.SLUICE_API_KEYS ?? '') as object[];
  const more = Array.from({ length: 400 }, (_, at) => ({
    client: `client-${at}`,
    scopes: ['orders:write', 'orders:read'],
    sha256: at.toString(16).padStart(64, '0'),
  }));
  put('SLUICE_API_KEYS', JSON.stringify([...more, ...keys]));
  expect(JSON.stringify(variablesOf(store.secrets, SECRET)).length).toBeLessThan(65_536);
  expect((await submit(await start('submit-order'))).statusCode).toBe(202);
});

test('a function whose secret is not there does not start, and names it', async () => {
  const { store } = await deployment();
  store.secrets.delete(SECRET);
  await expect(start('submit-order')).rejects.toThrow('no secret sluice/test');
});

test('a function whose secret lacks a variable does not start, and names that', async () => {
  const { store, env } = await deployment();
  store.secrets.delete(SECRET);
  keepVariables(store.secrets, SECRET, {
    UPSTASH_REDIS_REST_URL: env.UPSTASH_REDIS_REST_URL ?? '',
  });
  await expect(start('submit-order')).rejects.toThrow('- SLUICE_API_KEYS is missing');
});

test('a drain whose token has changed drains with the new one', async () => {
  const { env, put } = await deployment();
  await submit(await start('submit-order'));
  put('UPSTASH_REDIS_REST_TOKEN', 'a-token-of-before');
  const drain = (await start('drain-queue')) as unknown as (...args: unknown[]) => unknown;
  put('UPSTASH_REDIS_REST_TOKEN', env.UPSTASH_REDIS_REST_TOKEN ?? '');
  const outcome = await drain({ slot: 0 }, lambdaContext());
  expect(outcome).toMatchObject({ kind: 'drained', report: { produced: 1 } });
});

test('a drain whose secrets cannot be read fails, so that its invocation counts as failed', async () => {
  const { store } = await deployment();
  store.failWith(denied);
  const drain = (await start('drain-queue')) as unknown as (...args: unknown[]) => unknown;
  await expect(drain({ slot: 0 }, lambdaContext())).rejects.toThrow('AccessDeniedException');
});
