import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { REFUSALS_MAX } from '../../lib/events/announce.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { accept, startReceiver } from '../producers/receiver.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll } from '../support/store.ts';
import {
  announceTo,
  answering,
  cancelOne,
  endOrders,
  idsOf,
  outbox,
  producedEvents,
  refusedEvents,
} from './announcing.ts';

const ONE_AT_A_TIME = { settings: { concurrency: 1 } };

test('each event is announced once, oldest first, over several pages', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 250);
  await using receiver = await startReceiver();
  const report = await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(report).toEqual({ announced: 250, refused: 0, end: 'none-waits' });
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
  'a receiver that answers %i is down: it is left alone, and gets every event once it is back',
  async (status) => {
    const store = freshStore();
    const events = await producedEvents(store, 5);
    let isDown = true;
    await using receiver = await startReceiver(answering(() => (isDown ? status : undefined)));
    expect(await announceTo(store, receiver.url)).toMatchObject({
      announced: 0,
      end: 'receiver-down',
      reason: `The receiver answered with ${status}.`,
    });
    expect(idsOf(receiver.all)).toEqual(events.slice(0, 1));
    expect(await outbox(store)).toEqual(events);
    isDown = false;
    expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 5 });
    expect(idsOf(receiver.all).slice(1).toSorted()).toEqual(events.toSorted());
  },
);

test('a receiver that goes down in the middle keeps what it has, and gets the rest later', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 6);
  let failing: string | undefined = events[3];
  await using receiver = await startReceiver(answering((id) => (id === failing ? 503 : undefined)));
  const report = await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(report).toMatchObject({ announced: 3, end: 'receiver-down' });
  expect(await outbox(store)).toEqual(events.slice(3));
  failing = undefined;
  await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(idsOf(receiver.all)).toEqual([...events.slice(0, 4), ...events.slice(3)]);
});

test('a private address is not called, and a receiver that is too slow counts as down', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  await using receiver = await startReceiver(() => clock.step(5_000));
  const down = { announced: 0, end: 'receiver-down' };
  const settings = { isPrivateAllowed: false };
  expect(await announceTo(store, receiver.url, { settings })).toMatchObject(down);
  expect(receiver.all).toEqual([]);
  expect(await announceTo(store, receiver.url, { clock })).toMatchObject(down);
  expect(await outbox(store)).toEqual(events);
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
  expect(report).toEqual({ announced: 1, refused: 0, end: 'time-up' });
  expect(await outbox(store)).toEqual(events.slice(1));
});

test('a refused event is set aside with a line in the log, and delays no other', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 4);
  const refused = [events[0], events[2]] as string[];
  const lines: unknown[] = [];
  await using receiver = await startReceiver(
    answering((id) => (refused.includes(id) ? 422 : undefined)),
  );
  const report = await announceTo(store, receiver.url, { log: (...line) => lines.push(line) });
  expect(report).toMatchObject({ announced: 2, refused: 2, end: 'none-waits' });
  expect([await outbox(store), await refusedEvents(store)]).toEqual([[], refused]);
  const reason = 'The receiver answered with 422.';
  expect(lines).toEqual(refused.map((event) => ['error', 'event-refused', { event, reason }]));
});

test('a receiver that refuses everything costs no event and gets a limited number per run', async () => {
  const store = freshStore();
  const events = await producedEvents(store, REFUSALS_MAX + 20);
  let status: number | undefined = 401;
  await using receiver = await startReceiver(answering(() => status));
  const reason = 'The receiver answered with 401.';
  const report = await announceTo(store, receiver.url);
  expect(report).toEqual({ announced: 0, refused: 0, end: 'all-refused', reason });
  expect(receiver.all).toHaveLength(REFUSALS_MAX);
  expect(await outbox(store)).toEqual(events);
  status = undefined;
  await announceTo(store, receiver.url);
  expect(idsOf(receiver.all).slice(REFUSALS_MAX).toSorted()).toEqual(events.toSorted());
  expect(await refusedEvents(store)).toEqual([]);
});

test('a single event that is refused stays until another one shows that the receiver works', async () => {
  const store = freshStore();
  const [event = ''] = await producedEvents(store, 1);
  await using receiver = await startReceiver(answering((id) => (id === event ? 400 : undefined)));
  expect(await announceTo(store, receiver.url)).toMatchObject({ end: 'all-refused' });
  expect(await outbox(store)).toEqual([event]);
  const [, other = ''] = await submitOrders(store, 2);
  await cancelOne(store, other);
  expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 1, refused: 1 });
  expect([await outbox(store), await refusedEvents(store)]).toEqual([[], [event]]);
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
  await redrive(store, { ids: [id], pauseMs: 0, mark: 'm', nowMs: NOW_MS });
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
