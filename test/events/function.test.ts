import { expect, inject, test } from 'vitest';
import { deploy } from '../http/deployment.ts';
import { SECRET, startReceiver } from '../producers/receiver.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';

const variablesFor = (url: string) => ({
  SLUICE_EVENTS_URL: url,
  SLUICE_EVENTS_SECRETS: `whsec_${SECRET.toString('base64')}`,
  SLUICE_EVENTS_ALLOW_PRIVATE: 'localhost',
});

const OFF = { SLUICE_EVENTS_URL: '' };

test('what a drain and a cancel have done is announced by the next run, once', async () => {
  await using receiver = await startReceiver();
  const api = await deploy(inject('upstash'), variablesFor(receiver.url));
  const [produced, canceled] = [await api.submit(orderBody()), await api.submit(orderBody())];
  await api.call('cancel', { id: String(canceled.body.id) });
  await api.schedule({ slot: 0 }, lambdaContext());
  expect(await api.announce()).toMatchObject({
    kind: 'announced',
    report: { announced: 2 },
    waiting: 0,
  });
  const events = receiver.all.map(({ body }) => JSON.parse(body));
  expect(events).toMatchObject([
    { type: 'sluice.order.canceled', subject: canceled.body.id },
    { type: 'sluice.order.produced', subject: produced.body.id, data: { orderNumber: 1 } },
  ]);
  expect(await api.announce()).toEqual({ kind: 'none-waits' });
  expect(receiver.all).toHaveLength(2);
  expect(await api.keys()).not.toContain('order_lock:events');
});

test('where no URL is set nothing is announced and no key is left for it', async () => {
  const api = await deploy(inject('upstash'), OFF);
  const canceled = await api.submit(orderBody());
  await api.submit(orderBody());
  await api.call('cancel', { id: String(canceled.body.id) });
  await api.schedule({ slot: 0 }, lambdaContext());
  expect(await api.announce()).toEqual({ kind: 'off' });
  expect((await api.keys()).filter((key) => key.includes('event'))).toEqual([]);
});

test('a run that finds another at work leaves the events to it', async () => {
  await using receiver = await startReceiver();
  const api = await deploy(inject('upstash'), variablesFor(receiver.url));
  const { body } = await api.submit(orderBody());
  await api.call('cancel', { id: String(body.id) });
  await api.redis.set(`${api.prefix}order_lock:events`, 'another', { px: 60_000 });
  expect(await api.announce()).toEqual({ kind: 'busy' });
  expect(receiver.all).toEqual([]);
});

test('a run whose time is up sends nothing, and leaves the events to the next', async () => {
  await using receiver = await startReceiver(() => undefined);
  const api = await deploy(inject('upstash'), variablesFor(receiver.url));
  const { body } = await api.submit(orderBody());
  await api.call('cancel', { id: String(body.id) });
  const outcome = await api.announce(lambdaContext(13_100));
  expect(outcome).toMatchObject({ report: { announced: 0, end: 'time-up' }, waiting: 1 });
});

test('a deployment that announces without a secret does not start, and says what is missing', async () => {
  const variables = { ...variablesFor('http://localhost:1/'), SLUICE_EVENTS_SECRETS: '' };
  await expect(deploy(inject('upstash'), variables)).rejects.toThrow(
    'SLUICE_EVENTS_SECRETS is missing',
  );
});

test('a source that is no URI reference is refused by its name', async () => {
  const variables = { ...variablesFor('http://localhost:1/'), SLUICE_EVENTS_SOURCE: 'a b' };
  await expect(deploy(inject('upstash'), variables)).rejects.toThrow(
    'SLUICE_EVENTS_SOURCE is wrong',
  );
});
