import { expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { deploy } from './deployment.ts';

async function withOrder() {
  const api = await deploy();
  const { body } = await api.submit(orderBody(), { key: 'a' });
  return { api, id: String(body.id) };
}

test('a canceled order is answered as it is now, again and again, and never produced', async () => {
  const { api, id } = await withOrder();
  const canceled = await api.call('cancel', { id });
  expect([canceled.status, canceled.body]).toMatchObject([200, { id, status: 'canceled' }]);
  expect((await api.call('cancel', { id })).text).toBe(canceled.text);
  expect((await api.call('drain')).body).toMatchObject({ claimed: 0, produced: 0 });
  expect((await api.read(id)).text).toBe(canceled.text);
  expect((await api.call('stats')).body).toMatchObject({ canceled: 1, produced: 0 });
});

test('a repeated submit of a canceled order gets its receipt and makes no second order', async () => {
  const { api, id } = await withOrder();
  await api.call('cancel', { id });
  const repeat = await api.submit(orderBody(), { key: 'a' });
  expect([repeat.status, repeat.body]).toMatchObject([202, { id, status: 'queued' }]);
  expect(await api.call('drain')).toMatchObject({ body: { claimed: 0 } });
});

test('an order that is produced is a 409 and stays as it is', async () => {
  const { api, id } = await withOrder();
  await api.call('drain');
  const answer = await api.call('cancel', { id });
  expect([answer.status, answer.body]).toMatchObject([
    409,
    { type: '/problems/not-cancelable', detail: 'This order is produced.' },
  ]);
  expect((await api.read(id)).body).toMatchObject({ status: 'produced' });
});

test('another client’s order is a 404 as one that there is not; an admin may cancel any', async () => {
  const { api, id } = await withOrder();
  const others = await api.call('cancel', { id, as: 'other' });
  const none = await api.call('cancel', { id: `ord_${'0'.repeat(32)}` });
  const odd = await api.call('cancel', { id: 'order:*' });
  expect([others.status, none.status, odd.status]).toEqual([404, 404, 404]);
  expect((await api.read(id)).body).toMatchObject({ status: 'queued' });
  const admin = await api.call('cancel', { id, as: 'admin' });
  expect(admin.body).toMatchObject({ status: 'canceled', client: 'shop' });
});
