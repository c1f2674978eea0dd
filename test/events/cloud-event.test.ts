import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { SECRET, startReceiver } from '../producers/receiver.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { announceTo, cancelOne, endOrders, producedEvents } from './announcing.ts';

test('a produced order is announced by one CloudEvent, with the order as admins read it', async () => {
  const store = freshStore();
  const [event = ''] = await producedEvents(store, 1);
  const [id] = event.split(':');
  await using receiver = await startReceiver();
  const report = await announceTo(store, receiver.url);
  expect(report).toEqual({ announced: 1, setAside: 0, again: 0, end: 'all-sent' });
  const [received] = receiver.all;
  expect(received?.method).toBe('POST');
  expect(received?.headers).toMatchObject({
    'content-type': 'application/cloudevents+json',
    'webhook-id': event,
    'webhook-timestamp': String(NOW_MS / 1_000 + 1),
  });
  expect(JSON.parse(received?.body ?? '')).toEqual({
    specversion: '1.0',
    id: event,
    source: '/sluice',
    type: 'sluice.order.produced',
    subject: id,
    time: '2026-11-22T13:37:00.005Z',
    datacontenttype: 'application/json',
    data: {
      ...{ id, status: 'produced', client: 'shop', customer: '17850', currency: 'GBP' },
      ...{ totalAmount: 1_530, acceptedAt: '2026-11-22T13:37:00.000Z' },
      lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
      ...{ idempotencyKey: 'key-0', attempts: 1, updatedAt: '2026-11-22T13:37:00.005Z' },
      producedAt: '2026-11-22T13:37:00.005Z',
    },
  });
});

test('dead and canceled orders are announced as what they are', async () => {
  const store = freshStore();
  const [canceled, dead] = (await submitOrders(store, 2)) as [string, string];
  await cancelOne(store, canceled);
  await endOrders(store, () => ({ kind: 'rejected', reason: 'no such sku' }));
  await using receiver = await startReceiver();
  await announceTo(store, receiver.url);
  expect(receiver.all.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'sluice.order.canceled', subject: canceled, data: { status: 'canceled' } },
    { type: 'sluice.order.dead', subject: dead, data: { lastError: { reason: 'no such sku' } } },
  ]);
});

test('the library of Standard Webhooks verifies an event with any of the secrets', async () => {
  const store = freshStore();
  await producedEvents(store, 1);
  const secrets = [Buffer.alloc(24, 9), SECRET];
  await using receiver = await startReceiver();
  // The library compares the time with the machine's.
  const clock = steppedClock(Date.now());
  await announceTo(store, receiver.url, { clock, settings: { secrets, source: 'urn:shop' } });
  const [received] = receiver.all;
  for (const secret of secrets) {
    const webhook = new Webhook(secret.toString('base64'));
    const headers = received?.headers as Record<string, string>;
    expect(webhook.verify(received?.body ?? '', headers)).toMatchObject({ source: 'urn:shop' });
  }
});

test('an order that was forgotten meanwhile is announced without data', async () => {
  const store = freshStore();
  const [event = ''] = await producedEvents(store, 1);
  const [id = ''] = event.split(':');
  await store.redis.del(store.keys.order(id));
  await using receiver = await startReceiver();
  await announceTo(store, receiver.url);
  const sent = JSON.parse(receiver.all[0]?.body ?? '');
  expect(sent).toMatchObject({ id: event, type: 'sluice.order.produced', subject: id });
  expect(sent).not.toHaveProperty('data');
});
