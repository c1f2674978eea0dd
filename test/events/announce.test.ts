import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { REFUSALS_MAX } from '../../lib/events/announce.ts';
import { accept, type Received, startReceiver } from '../producers/receiver.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import {
  announceTo,
  announcingStore,
  ENDED_MS,
  outbox,
  producedEvents,
  refusedEvents,
} from './announcing.ts';

const idsOf = (received: readonly Received[]) => received.map(({ id }) => id);

/** A receiver's answer: its status by an event's id, 200 where there is none. */
const answering =
  (statusOf: (id: string) => number | undefined) =>
  ({ id }: Received, response: ServerResponse) => {
    response.writeHead(statusOf(id) ?? 200).end('{"reason":"17850 is unknown"}');
  };

test('each event is announced once, from the oldest on, over several pages, and then none waits', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 250);
  await using receiver = await startReceiver();
  const report = await announceTo(store, receiver.url, { settings: { concurrency: 1 } });
  expect(report).toEqual({ announced: 250, refused: 0, end: 'none-waits' });
  expect(idsOf(receiver.all)).toEqual(events);
  expect(await store.redis.exists(store.keys.events)).toBe(0);
  await announceTo(store, receiver.url);
  expect(receiver.all).toHaveLength(250);
});

test('a run that dies after its POSTs leaves its events, and the next sends them under the same ids', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 5);
  await using receiver = await startReceiver();
  const takeOut = () => Promise.reject(new Error('died'));
  const dying = announceTo(store, receiver.url, { store: { ...store.events, takeOut } });
  await expect(dying).rejects.toThrow('died');
  expect(await outbox(store)).toEqual(events);
  await announceTo(store, receiver.url);
  expect(idsOf(receiver.all).toSorted()).toEqual([...events, ...events].toSorted());
  const bodies = new Set(receiver.all.map(({ body }) => body));
  expect(bodies.size).toBe(5);
  expect(await outbox(store)).toEqual([]);
});

test.each([408, 409, 425, 429, 500, 503, 302])(
  'a receiver that answers %i is called no more, and gets every event once it is back',
  async (status) => {
    const store = announcingStore();
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

test('a receiver that goes down in the middle keeps what it took, and is sent the rest later', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 6);
  let failing: string | undefined = events[3];
  await using receiver = await startReceiver(answering((id) => (id === failing ? 503 : undefined)));
  const settings = { concurrency: 1 };
  const report = await announceTo(store, receiver.url, { settings });
  expect(report).toMatchObject({ announced: 3, end: 'receiver-down' });
  expect(await outbox(store)).toEqual(events.slice(3));
  failing = undefined;
  await announceTo(store, receiver.url, { settings });
  expect(idsOf(receiver.all)).toEqual([...events.slice(0, 4), ...events.slice(3)]);
});

test('an address that is private is not called, and no event is lost by it', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 2);
  await using receiver = await startReceiver();
  const settings = { isPrivateAllowed: false };
  const report = await announceTo(store, receiver.url, { settings });
  expect(report).toMatchObject({ announced: 0, end: 'receiver-down' });
  expect(receiver.all).toEqual([]);
  expect(await outbox(store)).toEqual(events);
});

test('a receiver that does not answer delays the others no longer than until the time is up', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 3);
  const timeIsUp = new AbortController();
  const silent = events[1];
  await using receiver = await startReceiver((received, response) => {
    if (received.id === silent) timeIsUp.abort();
    else accept(received, response);
  });
  const options = { signal: timeIsUp.signal, settings: { concurrency: 1 } };
  const report = await announceTo(store, receiver.url, options);
  expect(report).toEqual({ announced: 1, refused: 0, end: 'time-up' });
  expect(await outbox(store)).toEqual(events.slice(1));
});

test('a receiver that is too slow counts as down', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  await using receiver = await startReceiver(() => clock.step(5_000));
  const report = await announceTo(store, receiver.url, { clock });
  expect(report).toMatchObject({ announced: 0, end: 'receiver-down' });
  expect(await outbox(store)).toEqual(events);
});

test('an event that is refused is set aside with a line in the log, and keeps no other waiting', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 4);
  const refused = [events[0], events[2]] as [string, string];
  const lines: unknown[] = [];
  await using receiver = await startReceiver(
    answering((id) => (refused.includes(id) ? 422 : undefined)),
  );
  const report = await announceTo(store, receiver.url, { log: (...line) => lines.push(line) });
  expect(report).toMatchObject({ announced: 2, refused: 2, end: 'none-waits' });
  expect(await outbox(store)).toEqual([]);
  expect(await refusedEvents(store)).toEqual(refused);
  const reason = 'The receiver answered with 422.';
  expect(lines).toEqual(refused.map((event) => ['error', 'event-refused', { event, reason }]));
});

test('a receiver that refuses everything costs no event, and is sent so many of them in a run', async () => {
  const store = announcingStore();
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

test('the one event that waits and is refused stays until another one shows that it is about it', async () => {
  const store = announcingStore();
  const [event = ''] = await producedEvents(store, 1);
  await using receiver = await startReceiver(answering((id) => (id === event ? 400 : undefined)));
  expect(await announceTo(store, receiver.url)).toMatchObject({ end: 'all-refused' });
  expect(await outbox(store)).toEqual([event]);
  const [, other = ''] = await submitOrders(store, 2);
  await store.cancel({ id: other, nowMs: ENDED_MS });
  expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 1, refused: 1 });
  expect([await outbox(store), await refusedEvents(store)]).toEqual([[], [event]]);
});

test('large orders that are refused, a page full of them, keep no other waiting', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 8);
  const large = events.slice(0, 7);
  for (const event of large) {
    const key = store.keys.order(event.split(':')[0] as string);
    await store.redis.hset(key, { metadata: JSON.stringify({ note: 'x'.repeat(250_000) }) });
  }
  await using receiver = await startReceiver(
    answering((id) => (large.includes(id) ? 413 : undefined)),
  );
  expect((await store.events.oldest(0, NOW_MS)).length).toBeLessThan(7);
  expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 1, refused: 7 });
  expect(await refusedEvents(store)).toEqual(large);
});

test('two announcers at once miss no event and take out none that was not announced', async () => {
  const store = announcingStore();
  const events = await producedEvents(store, 240);
  const late = `${(await submitOrders(store, 241)).at(-1)}`;
  let canceling: Promise<unknown> | undefined;
  await using receiver = await startReceiver((received, response) => {
    // A change in the middle of it.
    canceling ??= store.cancel({ id: late, nowMs: ENDED_MS });
    accept(received, response);
  });
  await Promise.all([announceTo(store, receiver.url), announceTo(store, receiver.url)]);
  await canceling;
  await announceTo(store, receiver.url);
  expect(new Set(idsOf(receiver.all))).toEqual(
    new Set([...events, `${late}:canceled:${ENDED_MS}`]),
  );
  expect(await outbox(store)).toEqual([]);
});

test('the events of one order are sent one after the other, and those of others beside them', async () => {
  const store = announcingStore();
  const [first, id, other] = (await submitOrders(store, 3)) as [string, string, string];
  await store.cancel({ id: first, nowMs: ENDED_MS });
  const { token } = await store.claim(claimRequest());
  await store.settle(token, [{ id, kind: 'dead', reason: 'x' }], ENDED_MS);
  await store.redrive({ ids: [id], pauseMs: 0, mark: 'm', nowMs: ENDED_MS });
  const again = await store.claim(claimRequest());
  await store.settle(again.token, [{ id, kind: 'produced' }], ENDED_MS);
  await store.settle(token, [{ id: other, kind: 'produced' }], ENDED_MS);
  const [, died, produced, beside] = await outbox(store);
  // The death is answered only once the event of the other order is here.
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
  expect(story.slice(1)).toEqual([died, beside, 'answered', produced]);
});
