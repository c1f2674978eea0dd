import { afterEach, expect, test, vi } from 'vitest';
import { REDRIVE, type Script, SETTLE } from '../../lib/store/scripts.ts';
import { type Fate, faultyProxy, type SeenRequest } from '../support/faulty-proxy.ts';
import {
  bearer,
  functionEnvironment,
  type Handler,
  httpEvent,
  lambdaContext,
} from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { secretsManager } from '../support/secrets-manager.ts';
import { claimReady, settleAll, storeWith, submitOne } from '../support/store.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const unauthorized: Fate = (response) => {
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end('{"error":"WRONGPASS invalid or missing auth token"}');
};

/**
 * A function whose access to Redis ends in the middle of an event: from the request on that
 * `isFirst` tells. By then its secrets are others, with which Redis lets it in.
 */
async function functionRefusedFrom(name: string, isFirst: (seen: SeenRequest) => boolean) {
  const env = functionEnvironment();
  const server = {
    url: env.UPSTASH_REDIS_REST_URL ?? '',
    token: env.UPSTASH_REDIS_REST_TOKEN ?? '',
  };
  let isRefused = false;
  const proxy = await faultyProxy(server, (seen) => {
    isRefused ||= isFirst(seen);
    return isRefused ? unauthorized : 'pass';
  });
  const secrets = await secretsManager({ test: { UPSTASH_REDIS_REST_URL: proxy.url } });
  const settings = { ...env, ...secrets.env, SLUICE_SECRETS: 'test' };
  for (const [key, value] of Object.entries(settings)) vi.stubEnv(key, value);
  vi.stubEnv('UPSTASH_REDIS_REST_URL', undefined);
  vi.resetModules();
  const { handler } = await import(`../../functions/${name}.ts`);
  secrets.put('test', { UPSTASH_REDIS_REST_URL: server.url });
  return {
    store: storeWith(server, env.SLUICE_PREFIX ?? ''),
    proxy,
    call: (routeKey: string, pathParameters = {}) =>
      (handler as Handler)(
        httpEvent(routeKey, { headers: { authorization: bearer('admin') }, pathParameters }),
        lambdaContext(),
      ),
    invoke: (event: object) =>
      (handler as (event: object, context: object) => Promise<unknown>)(event, lambdaContext()),
  };
}

const asksFor =
  ({ sha1, text }: Script) =>
  ({ body }: SeenRequest) =>
    [sha1, text].some((name) => JSON.parse(body).flat().includes(name));

/** The first request after those for a script. */
function after(script: Script) {
  let isDone = false;
  return (seen: SeenRequest) => {
    const isAsked = asksFor(script)(seen);
    isDone ||= isAsked;
    return isDone && !isAsked;
  };
}

test('a drain that Redis refuses after its claim fails as it is, and is not told of its own lock', async () => {
  const drain = await functionRefusedFrom('drain-queue', asksFor(SETTLE));
  await using _ = drain.proxy;
  await submitOne(drain.store, newOrder('a'));
  expect(await drain.call('POST /drain')).toMatchObject({ statusCode: 503 });
});

test('a schedule’s drain that Redis refuses after its claim counts as failed', async () => {
  const drain = await functionRefusedFrom('drain-queue', asksFor(SETTLE));
  await using _ = drain.proxy;
  await submitOne(drain.store, newOrder('a'));
  await expect(drain.invoke({ slot: 0 })).rejects.toThrow('WRONGPASS');
});

test('a drain that Redis refuses only when it gives its lock back answers what it did', async () => {
  const drain = await functionRefusedFrom('drain-queue', after(SETTLE));
  await using _ = drain.proxy;
  await submitOne(drain.store, newOrder('a'));
  const answer = await drain.call('POST /drain');
  expect(answer).toMatchObject({ statusCode: 200 });
  expect(JSON.parse(answer.body ?? '')).toMatchObject({ produced: 1 });
});

test('an order that was redriven before Redis refused is not answered as one that is not dead', async () => {
  const redrive = await functionRefusedFrom('redrive-order', after(REDRIVE));
  await using _ = redrive.proxy;
  const { store } = redrive;
  const order = newOrder('a');
  await submitOne(store, order);
  const state = { status: 'dead', attempts: 1, updatedAtMs: NOW_MS } as const;
  await settleAll(store, await claimReady(store), () => ({ kind: 'dead', state }));
  const refused = await redrive.call('POST /orders/{id}/redrive', { id: order.id });
  expect(refused).toMatchObject({ statusCode: 503 });
  const next = await redrive.call('POST /orders/{id}/redrive', { id: order.id });
  expect(next).toMatchObject({ statusCode: 409 });
});
