import { expect, test, vi } from 'vitest';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { pretendServer, type Received, type Reply } from '../support/pretend-server.ts';
import { deploy } from './deployment.ts';

const ACCEPTED = { status: 202 };

/** A deployment whose submits wake the drain, at a Lambda service that a test answers for. */
async function waking(
  answering: (request: Received) => Reply | Promise<Reply> = () => ACCEPTED,
  intervalMs = 100,
) {
  const lambda = await pretendServer(answering);
  const api = await deploy(undefined, {
    SLUICE_WAKE_INTERVAL_MS: String(intervalMs),
    SLUICE_DRAIN_FUNCTION: 'sluice-test-drain-queue',
    AWS_ENDPOINT_URL_LAMBDA: lambda.url.href,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
  });
  return { api, lambda };
}

test('an order that finds the queue empty has the drain run at once, asynchronously', async () => {
  const { api, lambda } = await waking();
  const { body } = await api.submit(orderBody());
  expect(lambda.received).toMatchObject([
    {
      method: 'POST',
      path: '/2015-03-31/functions/sluice-test-drain-queue/invocations',
      headers: { 'x-amz-invocation-type': 'Event' },
    },
  ]);
  const [{ headers, body: payload } = {}] = lambda.received;
  expect(headers?.authorization).toMatch(/\/eu-central-1\/lambda\/aws4_request/);
  await api.schedule(JSON.parse(payload ?? ''), lambdaContext());
  expect((await api.read(String(body.id))).body.status).toBe('produced');
});

test('the drain that was woken looks again for an order that came after its first look', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const { api, lambda } = await waking(undefined, 1_000);
  await api.submit(orderBody(), { key: 'first' });
  const drain = api.schedule(JSON.parse(lambda.received[0]?.body ?? ''), lambdaContext());
  await vi.waitFor(() => expect(written.mock.calls.join('')).toContain('"event":"drained"'));
  const { body } = await api.submit(orderBody(), { key: 'late' });
  await drain;
  written.mockRestore();
  expect(lambda.received).toHaveLength(1);
  expect((await api.read(String(body.id))).body.status).toBe('produced');
});

test('an order behind others, a repeat, and one for later wake nobody', async () => {
  const { api, lambda } = await waking();
  const later = { produceAt: new Date(Date.now() + 3_600_000).toISOString() };
  await api.submit(orderBody(later));
  expect(lambda.received).toHaveLength(0);
  await api.submit(orderBody(), { key: 'first' });
  await api.redis.del(`${api.prefix}order_wake`);
  await api.submit(orderBody(), { key: 'first' });
  await api.submit(orderBody(), { key: 'second' });
  expect(lambda.received).toHaveLength(1);
});

test('a batch that finds the queue empty wakes one drain', async () => {
  const { api, lambda } = await waking();
  const orders = ['a', 'b', 'c'].map((idempotencyKey) => orderBody({ idempotencyKey }));
  expect((await api.call('batch', { body: { orders } })).status).toBe(200);
  expect(lambda.received).toHaveLength(1);
});

test.each([
  ['refuses', { status: 403, body: { message: 'canary' } }],
  ['is throttled', { status: 429, body: { Reason: 'canary' } }],
])('where Lambda %s, the order is accepted all the same', async (_, reply) => {
  const written = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const { api } = await waking(() => reply);
  expect((await api.submit(orderBody())).status).toBe(202);
  const lines = written.mock.calls.map(([line]) => String(line));
  expect(lines.join('')).toContain('"event":"drain-not-woken"');
  expect(lines.join('')).not.toContain('canary');
});
