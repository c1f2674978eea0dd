import { expect, test, vi } from 'vitest';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { pretendServer, type Received, type Reply } from '../support/pretend-server.ts';
import { deploy } from './deployment.ts';

/** A deployment whose submits wake the drain, and the Lambda service that is asked to. */
async function waking(
  answering: (request: Received) => Reply = () => ({ status: 202 }),
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
  return { api, received: lambda.received };
}

test('an order that finds the queue empty starts the drain, without waiting for it', async () => {
  const { api, received } = await waking();
  const { body } = await api.submit(orderBody());
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/2015-03-31/functions/sluice-test-drain-queue/invocations',
      headers: {
        'x-amz-invocation-type': 'Event',
        authorization: expect.stringMatching(/\/eu-central-1\/lambda\/aws4_request/),
      },
    },
  ]);
  await api.schedule(JSON.parse(received[0]?.body ?? ''), lambdaContext());
  expect((await api.read(String(body.id))).body.status).toBe('produced');
});

test('a drain that was woken looks again for orders that came after its first look', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { api, received } = await waking(undefined, 1_000);
  await api.submit(orderBody(), { key: 'first' });
  const drain = api.schedule(JSON.parse(received[0]?.body ?? ''), lambdaContext());
  await vi.waitFor(() => expect(written.mock.calls.join('')).toContain('"event":"drained"'));
  const { body } = await api.submit(orderBody(), { key: 'late' });
  await drain;
  written.mockRestore();
  expect(received).toHaveLength(1);
  expect((await api.read(String(body.id))).body.status).toBe('produced');
});

test('a scheduled order, an order behind others and a repeat wake nobody', async () => {
  const { api, received } = await waking();
  const produceAt = new Date(Date.now() + 3_600_000).toISOString();
  await api.submit(orderBody({ produceAt }));
  expect(received).toHaveLength(0);
  await api.submit(orderBody(), { key: 'first' });
  await api.redis.del(api.store.keys.wake);
  await api.submit(orderBody(), { key: 'first' });
  await api.submit(orderBody(), { key: 'second' });
  expect(received).toHaveLength(1);
});

test('a batch that finds the queue empty starts one drain', async () => {
  const { api, received } = await waking();
  const orders = ['a', 'b', 'c'].map((idempotencyKey) => orderBody({ idempotencyKey }));
  expect((await api.call('batch', { body: { orders } })).status).toBe(200);
  expect(received).toHaveLength(1);
});

test.each([403, 429])(
  'if Lambda answers %i, the order is accepted all the same',
  async (status) => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { api } = await waking(() => ({ status, body: { message: 'canary' } }));
    expect((await api.submit(orderBody())).status).toBe(202);
    const lines = written.mock.calls.join('');
    written.mockRestore();
    expect(lines).toContain('"event":"drain-not-woken"');
    expect(lines).not.toContain('canary');
  },
);
