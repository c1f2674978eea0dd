import { beforeEach, expect, test } from 'vitest';
import { runDrain } from '../support/drains.ts';
import { orderBody } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady } from '../support/store.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
let id: string;
beforeEach(async () => {
  api = await deploy();
  id = String((await api.submit(orderBody({ metadata: { a: 'b' } }), { key: 'a' })).body.id);
});

async function die() {
  const producer = async () => new Map([[id, { kind: 'rejected', reason: 'No.' } as const]]);
  await runDrain(api.store, { producer, clock: steppedClock(Date.now()) });
}

test('a canceled order is answered as it is now, each time, and is never produced', async () => {
  const canceled = await api.call('cancel', { id });
  expect(canceled).toMatchObject({ status: 200, body: { id, status: 'canceled', lines: [{}] } });
  expect((await api.call('cancel', { id })).text).toBe(canceled.text);
  expect((await api.call('drain')).body.produced).toBe(0);
  expect((await api.read(id)).text).toBe(canceled.text);
  expect((await api.call('cancel', { id })).text).toBe(canceled.text);
  expect((await api.call('stats')).body).toMatchObject({ canceled: 1, queued: 0, produced: 0 });
});

test('a scheduled order can be canceled', async () => {
  const produceAt = new Date(Date.now() + 60_000).toISOString();
  const { body } = await api.submit(orderBody({ produceAt }));
  expect((await api.call('cancel', { id: String(body.id) })).body).toMatchObject({
    status: 'canceled',
    produceAt,
  });
});

test.each<[string, string, () => Promise<unknown>]>([
  ['producing', 'being produced', () => claimReady(api.store, { nowMs: Date.now() })],
  ['produced', 'already produced', () => api.call('drain')],
  ['dead', 'dead', die],
])('an order that is %s is a 409 and stays as it is', async (status, words, become) => {
  await become();
  expect(await api.call('cancel', { id })).toMatchObject({
    status: 409,
    body: { type: '/problems/not-cancelable', detail: `This order is ${words}.` },
  });
  expect((await api.read(id)).body.status).toBe(status);
});

test('an admin may cancel any order, a dead one too', async () => {
  await die();
  const answer = await api.call('cancel', { id, as: 'admin' });
  expect(answer.body).toMatchObject({ status: 'canceled', client: 'shop' });
  expect((await api.call('deadLetters')).body.orders).toEqual([]);
});

test('a key without orders:read is shown no more than the receipt', async () => {
  const receipt = (await api.submit(orderBody({ metadata: { a: 'b' } }), { key: 'a' })).body;
  const canceled = await api.call('cancel', { id, as: 'writer' });
  expect(canceled.body).toStrictEqual({ ...receipt, status: 'canceled' });
  expect((await api.call('cancel', { id, as: 'writer' })).text).toBe(canceled.text);
});

test('a key without orders:read is not told what has become of an order instead', async () => {
  await api.call('drain');
  const late = await api.call('cancel', { id, as: 'writer' });
  expect(late.status).toBe(409);
  expect(late.text).not.toContain('produced');
});

test('an id that no order can have is a 404', async () => {
  for (const odd of ['order:*', '']) {
    expect((await api.call('cancel', { id: odd })).status).toBe(404);
  }
});

test('of many orders each has its own result, and a client cancels only its own', async () => {
  await die();
  const theirs = String((await api.submit(orderBody(), { as: 'other' })).body.id);
  const dead = id;
  const waiting = String((await api.submit(orderBody())).body.id);
  const ids = [waiting, theirs, dead, waiting];
  const { body } = await api.call('cancelMany', { body: { ids } });
  expect(body).toMatchObject({
    canceled: 2,
    results: [
      { id: waiting, status: 200 },
      { id: theirs, status: 404 },
      { id: dead, status: 409 },
      { id: waiting, status: 200 },
    ],
  });
  const asAdmin = { as: 'admin', body: { ids: [theirs, dead] } } as const;
  expect((await api.call('cancelMany', asAdmin)).body).toMatchObject({ canceled: 2 });
  for (const wrong of [{}, { ids: [] }, { ids: ['x'] }, { ids: Array(101).fill(id) }, '[]']) {
    expect((await api.call('cancelMany', { body: wrong })).status).toBe(400);
  }
});
