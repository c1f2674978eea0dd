import type { ServerResponse } from 'node:http';
import { type AnnounceDependencies, announce } from '../../lib/events/announce.ts';
import type { EventSettings } from '../../lib/events/event-settings.ts';
import { eventSender } from '../../lib/events/send-event.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { asideEvents } from '../../lib/store/aside-events.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { type Received, SECRET } from '../producers/receiver.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { submitAll, type TestStore } from '../support/store.ts';

/** When the orders of these tests end. */
const ENDED_MS = NOW_MS + 5;

interface Options extends Partial<AnnounceDependencies> {
  readonly settings?: Partial<EventSettings>;
  readonly signal?: AbortSignal;
}

/** One run of the announcer, on the test's clock, to a receiver on this machine. */
export function announceTo(store: TestStore, url: string, options: Options = {}) {
  const { settings, signal = new AbortController().signal, ...others } = options;
  const clock = others.clock ?? steppedClock(NOW_MS + 1_000);
  const all: EventSettings = {
    url: new URL(url),
    ...{ isPrivateAllowed: true, secrets: [SECRET], concurrency: 3, timeoutMs: 5_000 },
    source: '/sluice',
    ...settings,
  };
  const { concurrency } = all;
  const send = eventSender(all, clock);
  const own = { store, send, clock, log: () => undefined, metrics: NO_METRICS, concurrency };
  return announce({ ...own, ...others }, signal);
}

/** One drain that leaves events; its producer answers each order as told. */
export function endOrders(
  store: TestStore,
  answer: (id: string) => ProducerAnswer = () => ({ kind: 'produced' }),
  nowMs = ENDED_MS,
) {
  const limits = { isAnnounced: true, batchSize: 500, lanes: 1 };
  return runDrain(store, { producer: producerOf(answer), clock: steppedClock(nowMs), limits });
}

/** Produces orders; answers the ids of their events, the oldest first. */
export async function producedEvents(store: TestStore, count: number): Promise<string[]> {
  await submitAll(
    store,
    Array.from({ length: count }, (_, at) => newOrder(`key-${at}`)),
  );
  await endOrders(store);
  return outbox(store);
}

/** Cancels an order and leaves its event. */
export async function cancelOne(store: TestStore, id: string): Promise<void> {
  await cancel(store, { id, nowMs: ENDED_MS });
  await endOrders(store, () => ({ kind: 'untried' }));
}

/** The events that wait, the oldest first. */
export async function outbox({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.events, 0, -1)).reverse();
}

/** The events that wait to be sent again, with their tries; those tried the longest ago first. */
export async function againEvents({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.eventsAgain, 0, -1)).reverse();
}

/** The events that were set aside, the oldest first. */
export async function eventsAside(store: TestStore): Promise<string[]> {
  return (await asideEvents(store)).map(({ id }) => id);
}

/** A receiver that answers an event with a status, or 200 by default. */
export const answering =
  (statusOf: (id: string) => number | undefined) =>
  ({ id }: Received, response: ServerResponse) => {
    response.writeHead(statusOf(id) ?? 200).end('{"reason":"17850 is unknown"}');
  };

export const idsOf = (received: readonly Received[]) => received.map(({ id }) => id);
