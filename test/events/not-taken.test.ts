import { expect, test } from 'vitest';
import { LIMITS, TRIES_MAX } from '../../lib/events/announce.ts';
import { asideEvents, removeAside } from '../../lib/store/aside-events.ts';
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
  eventsAside,
  idsOf,
  outbox,
  producedEvents,
} from './announcing.ts';

const ONE_AT_A_TIME = { settings: { concurrency: 1 } };

test('a refused event is set aside with a line in the log, and delays no other', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 4);
  const refused = [events[0], events[2]] as string[];
  const lines: unknown[] = [];
  await using receiver = await startReceiver(
    answering((id) => (refused.includes(id) ? 422 : undefined)),
  );
  const report = await announceTo(store, receiver.url, { log: (...line) => lines.push(line) });
  expect(report).toMatchObject({ announced: 2, setAside: 2, end: 'all-sent' });
  expect([await outbox(store), await eventsAside(store)]).toEqual([[], refused]);
  const reason = 'The receiver answered with 422.';
  expect(lines).toEqual(refused.map((event) => ['error', 'event-set-aside', { event, reason }]));
});

test('a receiver that refuses everything costs no event and gets a limited number per run', async () => {
  const store = freshStore();
  const events = await producedEvents(store, LIMITS.refused + 20);
  let status: number | undefined = 401;
  await using receiver = await startReceiver(answering(() => status));
  const reason = 'The receiver answered with 401.';
  const report = await announceTo(store, receiver.url);
  const again = LIMITS.refused;
  expect(report).toEqual({ announced: 0, setAside: 0, again, end: 'all-refused', reason });
  expect(receiver.all).toHaveLength(again);
  status = undefined;
  await announceTo(store, receiver.url);
  expect(idsOf(receiver.all).slice(again).toSorted()).toEqual(events.toSorted());
  expect(await eventsAside(store)).toEqual([]);
});

test.each([500, 503, 429, 302, 'hangs'])(
  'an event that is always answered with %s delays no other, and is given up after some runs',
  async (answer) => {
    const store = freshStore();
    const [bad = '', ...others] = await producedEvents(store, 30);
    const clock = steppedClock(NOW_MS + 1_000);
    const fails = { status: Number(answer) };
    await using receiver = await startReceiver((received, response) => {
      if (received.id !== bad) return accept(received, response);
      if (answer === 'hangs') return clock.step(5_000);
      response.writeHead(fails.status).end();
    });
    expect(await announceTo(store, receiver.url, { clock })).toMatchObject({
      ...{ announced: 29, setAside: 0, again: 1, end: 'all-sent' },
    });
    expect(idsOf(receiver.all).slice(1).toSorted()).toEqual(others.toSorted());
    for (let run = 2; run <= TRIES_MAX; run += 1) {
      await submitAll(store, [newOrder(`later-${run}`)]);
      await endOrders(store);
      expect(await announceTo(store, receiver.url, { clock })).toMatchObject({ announced: 1 });
    }
    // One that asks to be left alone is never given up: it says nothing about the event.
    expect(await eventsAside(store)).toEqual(answer === 429 ? [] : [bad]);
    expect(await outbox(store)).toEqual([]);
  },
);

test.each([
  [400, 300, 3],
  [500, 60, 6],
])(
  'behind events that are all answered with %i, %i of them, an event waits for %i runs at most',
  async (status, count, runs) => {
    const store = freshStore();
    const bad = new Set(await producedEvents(store, count));
    await submitAll(store, [newOrder('good')]);
    await endOrders(store);
    const good = (await outbox(store)).at(-1);
    await using receiver = await startReceiver(
      answering((id) => (bad.has(id) ? status : undefined)),
    );
    for (let run = 0; run <= runs; run += 1) await announceTo(store, receiver.url);
    expect(idsOf(receiver.all)).toContain(good);
    // From then on they delay nobody: what is new goes first.
    await submitAll(store, [newOrder('new')]);
    await endOrders(store);
    expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 1 });
  },
);

test('a single event that is refused waits until another one shows that the receiver works', async () => {
  const store = freshStore();
  const [event = ''] = await producedEvents(store, 1);
  await using receiver = await startReceiver(answering((id) => (id === event ? 400 : undefined)));
  for (const _ of Array(2 * TRIES_MAX)) {
    expect(await announceTo(store, receiver.url)).toMatchObject({ end: 'all-refused' });
  }
  expect(await againEvents(store)).toEqual([`${event}#0`]);
  const [, other = ''] = await submitOrders(store, 2);
  await cancelOne(store, other);
  expect(await announceTo(store, receiver.url)).toMatchObject({ announced: 1, setAside: 1 });
  expect([await againEvents(store), await eventsAside(store)]).toEqual([[], [event]]);
});

test('what was set aside is announced when it is retried, oldest first, and not when it is dropped', async () => {
  const store = freshStore();
  const events = await producedEvents(store, 300);
  const refused = new Set(events.slice(0, 250));
  await using receiver = await startReceiver(
    answering((id) => (refused.has(id) ? 400 : undefined)),
  );
  for (const _ of [1, 2, 3]) await announceTo(store, receiver.url);
  await submitAll(store, [newOrder('good')]);
  await endOrders(store);
  await announceTo(store, receiver.url);
  const aside = await asideEvents(store);
  expect(new Set(aside.map(({ id }) => id))).toEqual(refused);
  refused.clear();
  await removeAside(store, aside.slice(0, 5), 'drop');
  await removeAside(store, aside.slice(5), 'retry');
  expect(await asideEvents(store)).toEqual([]);
  const sent = receiver.all.length;
  await announceTo(store, receiver.url, ONE_AT_A_TIME);
  expect(idsOf(receiver.all).slice(sent)).toEqual(aside.slice(5).map(({ id }) => id));
});
