import { expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { StoreFault } from '../../lib/store/errors.ts';
import { countEvents, hasEvents, oldestEvents, takeOutEvents } from '../../lib/store/events.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { claimReady, freshStore, type TestStore } from '../support/store.ts';
import { settled, settlementsOf } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;

/** What waits to be announced, the oldest first. */
async function outbox({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.events, 0, -1)).reverse();
}

/** Orders that are produced, and so the events that wait. */
async function produced(store: TestStore, count: number): Promise<string[]> {
  const ids = await submitOrders(store, count);
  await settled(store, { kind: 'produced' }, NOW_MS + 1_000);
  return ids.map((id) => `${id}:produced:${NOW_MS + 1_000}`);
}

test('a settle leaves an event for each order that ended by it, in their order', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  const claim = await claimReady(store);
  const settlements = await settlementsOf(
    store,
    claim,
    (id) =>
      (
        ({
          [a]: { kind: 'produced' },
          [b]: { kind: 'retry', reason: 'busy' },
          [c]: { kind: 'rejected', reason: 'no such SKU' },
          [d]: { kind: 'untried' },
        }) as const
      )[id] ?? expect.fail(),
    { nowMs: NOW_MS + 5 },
  );
  await settleAndClaim(store, { ...settlements, isAnnounced: false }, undefined);
  expect(await outbox(store)).toEqual([]);
  for (const { lease } of settlements.settlements) {
    await store.redis.hset(store.keys.owners, { [lease.id]: lease.owner });
  }
  await settleAndClaim(store, settlements, undefined);
  expect(await outbox(store)).toEqual([`${a}:produced:${NOW_MS + 5}`, `${c}:dead:${NOW_MS + 5}`]);
  expect(await hasEvents(store)).toBe(true);
});

test('a canceled order leaves one event, of the time that it was canceled at', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await cancel(store, { id, nowMs: NOW_MS + 5 });
  await cancel(store, { id, nowMs: NOW_MS + 6 });
  await runDrain(store, { limits: { isAnnounced: true } });
  expect(await outbox(store)).toEqual([`${id}:canceled:${NOW_MS + 5}`]);
});

test('events are read the oldest first, with their orders as they are now', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  await settled(store, { kind: 'rejected', reason: 'x' }, NOW_MS);
  await redrive(store, { ids: [b], pauseMs: 0, redriveId: 'm', nowMs: NOW_MS });
  await claimReady(store);
  await store.redis.del(store.keys.order(c));
  await store.redis.set(store.keys.order(d), 'not an order');
  const events = await oldestEvents(store, 'events', 0, NOW_MS);
  expect(events).toMatchObject([
    { id: `${a}:dead:${NOW_MS}`, orderId: a, kind: 'dead', atMs: NOW_MS, order: { id: a } },
    { orderId: b, order: { status: 'producing' } },
    ...[{ orderId: c }, { orderId: d }],
  ]);
  for (const event of events.slice(2)) expect(event).not.toHaveProperty('order');
  expect(await oldestEvents(store, 'events', 1, NOW_MS)).toEqual(events.slice(1));
  expect(await oldestEvents(store, 'events', 4, NOW_MS)).toEqual([]);
});

test('an entry that is not an event is a fault', async () => {
  const store = freshStore();
  await store.redis.lpush(store.keys.events, 'nonsense');
  await expect(oldestEvents(store, 'events', 0, NOW_MS)).rejects.toThrow(StoreFault);
});

const OUT = { tries: 0, to: { kind: 'out' } } as const;
const sent = (ids: readonly string[]) => ids.map((id) => ({ id, ...OUT }));

test('what was announced is taken out, also what another announcer has left of it, and nothing else', async () => {
  const store = freshStore();
  const events = await produced(store, 5);
  await takeOutEvents(store, 'events', []);
  await takeOutEvents(store, 'events', sent(events.slice(0, 2)));
  expect(await outbox(store)).toEqual(events.slice(2));
  await takeOutEvents(store, 'events', sent(events.slice(0, 3)));
  expect(await outbox(store)).toEqual(events.slice(3));
  // One that is not the oldest stays, as what is before it was not announced.
  await takeOutEvents(store, 'events', sent(events.slice(4)));
  expect(await outbox(store)).toEqual(events.slice(3));
});

test('what is not taken is sent again or set aside, and 10,000 of the latter are kept', async () => {
  const store = freshStore();
  const [first, second, third] = (await produced(store, 3)) as [string, string, string];
  const older = Array.from({ length: 10_000 }, (_, at) => `older-${at}`) as [string];
  await store.redis.rpush(store.keys.eventsAside, ...older);
  const aside = { reason: 'The receiver answered with 422.', asideAtMs: NOW_MS };
  await takeOutEvents(store, 'events', [
    { id: first, tries: 0, to: { kind: 'aside', aside } },
    { id: second, tries: 0, to: { kind: 'again', tries: 1 } },
    { id: third, ...OUT },
  ]);
  expect(await countEvents(store)).toEqual({ waiting: 0, again: 1, aside: 10_000 });
  const [latest = '', next] = await store.redis.lrange(store.keys.eventsAside, 0, 1);
  expect([JSON.parse(latest), next]).toEqual([{ id: first, ...aside }, 'older-0']);
  const [again] = await oldestEvents(store, 'eventsAgain', 0, NOW_MS);
  expect(again).toMatchObject({ id: second, tries: 1 });
  await takeOutEvents(store, 'eventsAgain', [
    { id: second, tries: 1, to: { kind: 'again', tries: 2 } },
  ]);
  expect(await store.redis.lrange(store.keys.eventsAgain, 0, -1)).toEqual([`${second}#2`]);
});

test('an order that dies unanswered leaves an event like any other', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await claimReady(store, { leaseMs: 1 });
  const claim = await claimReady(store, { nowMs: LATER_MS });
  const options = { nowMs: LATER_MS, attemptsMax: 1 };
  await settleAndClaim(store, await settlementsOf(store, claim, undefined, options), undefined);
  expect(await outbox(store)).toEqual([`${id}:dead:${LATER_MS}`]);
});
