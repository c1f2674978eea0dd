import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { LIMITS } from '../../lib/events/announce.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { accept, startReceiver } from '../producers/receiver.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll } from '../support/store.ts';
import {
  againEvents,
  announceTo,
  answering,
  cancelOne,
  endOrders,
  idsOf,
  outbox,
  producedEvents,
} from './announcing.ts';

const ONE_AT_A_TIME = { settings: { concurrency: 1 } };

test('each event is announced once, oldest first, over several pages', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 250);
  await using receiver = await startReceiver();
  const report = await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(report).toEqual({ announced: 250, setAside: 0, again: 0, end: 'all-sent' });
  expect(idsOf(receiver.all)).toEqual(events);
  expect(await store.redis.exists(store.keys.events)).toBe(0);
  await announceTo(store, receiver.url);
  expect(receiver.all).toHaveLength(250);
});

test('a run that dies after its POSTs leaves its events, and the next sends the same again', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 5);
  let isDead = false;
  await using receiver = await startReceiver((received, response) => {
    isDead = true;
    accept(received, response);
  });
  const repeatedly: typeof store.client.repeatedly = (send) =>
    isDead ? Promise.reject(new Error('died')) : store.client.repeatedly(send);
  const dying = { ...store, client: { ...store.client, repeatedly } };
  await expect(announceTo(store, receiver.url, { store: dying })).rejects.toThrow('died');
  expect(await outbox(store)).toEqual(events);
  await announceTo(store, receiver.url);
  expect(idsOf(receiver.all).toSorted()).toEqual([...events, ...events].toSorted());
  expect(new Set(receiver.all.map(({ body }) => body)).size).toBe(5);
  expect(await outbox(store)).toEqual([]);
});

test.each([408, 409, 425, 429, 500, 503, 302])(
  'a receiver that answers %i is down: it gets few events per run, and each once it is back',
  async (status) => {
    const store = freshStore();
    const events = await producedEvents(store, 60);
    let isDown = true;
    await using receiver = await startReceiver(answering(() => (isDown ? status : undefined)));
    const limit = status === 429 ? LIMITS.busy : LIMITS.failed;
    for (const _ of [1, 2, 3]) {
      expect(await announceTo(store, receiver.url)).toMatchObject({
        ...{ announced: 0, setAside: 0, end: 'receiver-down' },
        reason: `The receiver answered with ${status}.`,
      });
    }
    expect(receiver.all.length).toBeLessThanOrEqual(3 * 2 * limit);
    expect(await outbox(store)).toEqual(events.slice(3 * limit));
    expect(await againEvents(store)).toHaveLength(3 * limit);
    isDown = false;
    const sent = receiver.all.length;
    expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 60, again: 0 });
    expect(idsOf(receiver.all).slice(sent).toSorted()).toEqual(events.toSorted());
  },
);

test('a receiver that goes down in the middle keeps what it has, and gets the rest later', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 40);
  let taken = 0;
  await using receiver = await startReceiver(answering(() => (taken++ < 3 ? undefined : 503)));
  const report = await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(report).toMatchObject({ announced: 3, setAside: 0, end: 'receiver-down' });
  expect(await outbox(store)).toEqual(events.slice(3 + LIMITS.failed));
  taken = 0;
  await announceTo(store, receiver.url, ONE_AT_A_TIME);
  taken = -100;
  await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(new Set(idsOf(receiver.all)).size).toBe(40);
  expect([await outbox(store), await againEvents(store)]).toEqual([[], []]);
});

test('a private address is not called, and a receiver that is too slow counts as down', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  await using receiver = await startReceiver(() => clock.step(5_000));
  const down = { announced: 0, again: 2, end: 'receiver-down' };
  const settings = { isPrivateAllowed: false };
  expect(await announceTo(store, receiver.url, { settings })).toMatchObject(down);
  expect(receiver.all).toEqual([]);
  expect(await announceTo(store, receiver.url, { clock })).toMatchObject(down);
  expect(await againEvents(store)).toEqual(events.map((event) => `${event}#0`));
});

test('a receiver that does not answer delays nothing beyond the time of the run', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 3);
  const timeIsUp = new AbortController();
  await using receiver = await startReceiver((received, response) => {
    if (received.id === events[1]) timeIsUp.abort();
    else accept(received, response);
  });
  const options = { signal: timeIsUp.signal, ...ONE_AT_A_TIME };
  const report = await announceTo(store, receiver.url, options);
  expect(report).toEqual({ announced: 1, setAside: 0, again: 0, end: 'time-up' });
  expect(await outbox(store)).toEqual(events.slice(1));
});

test('two announcers at once miss no event and remove none that was not announced', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 240);
  const { id: late } = newOrder('late');
  await submitAll(store, [newOrder('late')]);
  let canceling: Promise<unknown> | undefined;
  await using receiver = await startReceiver((received, response) => {
    canceling ??= cancelOne(store, late);
    accept(received, response);
  });
  await Promise.all([announceTo(store, receiver.url), announceTo(store, receiver.url)]);
  await canceling;
  await announceTo(store, receiver.url);
  const announced = new Set(idsOf(receiver.all));
  expect([...announced].filter((id) => !events.includes(id))).toEqual([
    expect.stringMatching(`^${late}:canceled:`),
  ]);
  expect(announced.size).toBe(241);
  expect(await outbox(store)).toEqual([]);
});

test('the events of one order go one after the other, beside those of other orders', async () => {
  const store = freshStore();
  const [first, id] = (await submitOrders(store, 3)) as [string, string, string];
  await cancelOne(store, first);
  await endOrders(store, (one) => {
    return one === id ? { kind: 'rejected', reason: 'x' } : { kind: 'produced' };
  });
  await redrive(store, { ids: [id], pauseMs: 0, redriveId: 'm', nowMs: NOW_MS });
  await endOrders(store);
  const events = await outbox(store);
  const find = (pattern: RegExp) => events.find((event) => pattern.test(event));
  const [died, produced] = [find(/:dead:/), find(new RegExp(`^${id}:produced:`))];
  const beside = events.find((event) => event !== produced && /:produced:/.test(event));
  // The death is answered only once the event of the other order has come.
  const held: ServerResponse[] = [];
  const story: unknown[] = [];
  await using receiver = await startReceiver(({ id: event }, response) => {
    story.push(event);
    if (event === died) {
      held.push(response);
      return;
    }
    response.end();
    if (event !== beside) return;
    story.push('answered');
    for (const waiting of held) waiting.end();
  });
  await announceTo(store, receiver.url);
  expect(story.indexOf(died)).toBeLessThan(story.indexOf(beside));
  expect(story.indexOf('answered')).toBeLessThan(story.indexOf(produced));
});
