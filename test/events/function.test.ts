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

/** A deployment in which one order was canceled and one produced. */
async function deployed(variables: Record<string, string>) {
  const api = await deploy(inject('upstash'), variables);
  const canceled = String((await api.submit(orderBody())).body.id);
  const produced = String((await api.submit(orderBody())).body.id);
  await api.call('cancel', { id: canceled });
  await api.schedule({ slot: 0 }, lambdaContext());
  return { api, canceled, produced };
}

test('what a drain and a cancel did is announced by the next run, once', async () => {
  await using receiver = await startReceiver();
  const { api, canceled, produced } = await deployed(variablesFor(receiver.url));
  const report = { announced: 2, setAside: 0, again: 0, end: 'all-sent' };
  expect(await api.announce()).toEqual({ kind: 'announced', report, waiting: 0 });
  const events = receiver.all.map(({ body }) => JSON.parse(body));
  expect(events.toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
    { type: 'sluice.order.canceled', subject: canceled },
    { type: 'sluice.order.produced', subject: produced, data: { orderNumber: 1 } },
  ]);
  expect(await api.announce()).toEqual({ kind: 'none-waits' });
  expect(receiver.all).toHaveLength(2);
  expect(await api.keys()).not.toContain('order_lock:events');
});

test('without a URL nothing is announced, and no key is written for it', async () => {
  const { api } = await deployed({ SLUICE_EVENTS_URL: '' });
  expect(await api.announce()).toEqual({ kind: 'off' });
  expect((await api.keys()).filter((key) => key.includes('event'))).toEqual([]);
});

test('a run leaves the events to another that is at work, or to the next when time is up', async () => {
  await using receiver = await startReceiver(() => undefined);
  const { api } = await deployed(variablesFor(receiver.url));
  await api.redis.set(api.store.keys.eventsLock, 'another');
  expect(await api.announce()).toEqual({ kind: 'busy' });
  expect(receiver.all).toEqual([]);
  await api.redis.del(api.store.keys.eventsLock);
  const outcome = await api.announce(lambdaContext(13_100));
  expect(outcome).toMatchObject({ report: { announced: 0, end: 'time-up' }, waiting: 2 });
});

test.each([
  ['SLUICE_EVENTS_SECRETS', '', 'is missing'],
  ['SLUICE_EVENTS_SOURCE', 'a b', 'is wrong'],
])('the announcer does not start if %s is "%s"', async (name, value, fault) => {
  const variables = { ...variablesFor('http://localhost:1/'), [name]: value };
  await expect(deploy(inject('upstash'), variables)).rejects.toThrow(`${name} ${fault}`);
});
