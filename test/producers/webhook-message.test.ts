import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signatureOf } from '../../lib/webhook/signature.ts';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { producerFor, type Received, SECRET, startReceiver } from './receiver.ts';

const NEW_SECRET = Buffer.alloc(24, 9);

/** One sending of orders, as the receiver sees it. */
async function sent(
  orders: ReturnType<typeof claimedOrders>,
  options: Parameters<typeof producerFor>[2] & { nowMs?: number } = {},
): Promise<Received> {
  const { nowMs = NOW_MS, ...settings } = options;
  await using receiver = await startReceiver();
  const producer = producerFor(receiver.url, { clock: steppedClock(nowMs) }, settings);
  await producer(orders, contextOf());
  expect(receiver.all).toHaveLength(1);
  return receiver.all[0] as Received;
}

test('an order is one POST to the URL, as clients read it, with its id as idempotency key', async () => {
  const [order] = claimedOrders(1);
  const { method, path, headers, body } = await sent([order]);
  expect([method, path]).toEqual(['POST', '/orders?from=sluice']);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Sluice',
    'idempotency-key': order.id,
    'webhook-id': order.id,
    'webhook-timestamp': String(NOW_MS / 1000),
    'sluice-fencing-token': '7',
  });
  expect(JSON.parse(body)).toEqual({
    type: 'order.produce',
    timestamp: '2026-11-22T13:37:00.000Z',
    data: {
      id: order.id,
      idempotencyKey: order.idempotencyKey,
      customer: '17850',
      currency: 'GBP',
      totalAmount: 1_530,
      acceptedAt: '2026-11-22T13:37:00.000Z',
      client: 'shop',
      lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
    },
  });
});

test('a retry has the same id and the same bytes, and a timestamp and signature of its own', async () => {
  const [order] = claimedOrders(1);
  const again = {
    ...order,
    attempts: 3,
    updatedAtMs: NOW_MS + 60_000,
    lastError: { reason: 'down', atMs: NOW_MS + 60_000 },
  };
  const first = await sent([order]);
  const second = await sent([again], { nowMs: NOW_MS + 61_999 });
  expect(second.body).toBe(first.body);
  expect(second.id).toBe(first.id);
  expect(second.headers['webhook-timestamp']).toBe(String(NOW_MS / 1000 + 61));
  expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
});

test('each secret signs what is sent, byte for byte, in UTF-8', async () => {
  const [order] = claimedOrders(1);
  const { id, body, headers } = await sent([{ ...order, customer: 'Zoë 🛒\u2028' }], {
    secrets: [NEW_SECRET, SECRET],
  });
  const signed = Buffer.from(`${id}.${headers['webhook-timestamp']}.${body}`);
  const expected = [NEW_SECRET, SECRET].map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  );
  expect(headers['webhook-signature']).toBe(expected.join(' '));
});

// The example of the specification's own libraries.
test('a signature is what Standard Webhooks has for the same message', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  expect(signatureOf(message, 1614265330, [secret])).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('a batch is one POST, its id the same for the same orders and another for others', async () => {
  const orders = claimedOrders(3);
  const first = await sent(orders, { mode: 'batch' });
  const again = await sent(orders, { mode: 'batch', nowMs: NOW_MS + 60_000 });
  const fewer = await sent(claimedOrders(2), { mode: 'batch' });
  expect(first.orders).toEqual(orders.map(({ id }) => id));
  expect(JSON.parse(first.body)).toMatchObject({
    type: 'orders.produce',
    timestamp: '2026-11-22T13:37:00.002Z',
  });
  expect(first.id).toMatch(/^batch_[0-9a-f]{40}$/);
  expect(first.headers['idempotency-key']).toBe(first.id);
  expect([again.id, again.body]).toEqual([first.id, first.body]);
  expect(fewer.id).not.toBe(first.id);
});

test('an order of a batch is the same that is sent alone', async () => {
  const [order] = claimedOrders(1);
  const alone = JSON.parse((await sent([order])).body);
  const inBatch = JSON.parse((await sent([order], { mode: 'batch' })).body);
  expect(inBatch.data.orders).toEqual([alone.data]);
});
