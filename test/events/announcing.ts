import { inject } from 'vitest';
import { type AnnounceDependencies, announce } from '../../lib/events/announce.ts';
import { eventSender } from '../../lib/events/send-event.ts';
import type { EventSettings } from '../../lib/events/settings.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { SECRET } from '../producers/receiver.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

/** When the orders of these tests end. */
export const ENDED_MS = NOW_MS + 5;

export const announcingStore = () => freshStore(inject('upstash'), { isAnnounced: true });

/** Settings for a receiver on this machine. */
export function eventSettings(url: string, overrides: Partial<EventSettings> = {}): EventSettings {
  return {
    url: new URL(url),
    isPrivateAllowed: true,
    secrets: [SECRET],
    concurrency: 3,
    timeoutMs: 5_000,
    source: '/sluice',
    ...overrides,
  };
}

interface Options extends Partial<AnnounceDependencies> {
  readonly settings?: Partial<EventSettings>;
  readonly signal?: AbortSignal;
}

/** One run, as `functions/announce-events.ts` makes it, on the test's clock. */
export function announceTo(store: TestStore, url: string, options: Options = {}) {
  const { settings, signal = new AbortController().signal, ...others } = options;
  const clock = others.clock ?? steppedClock(NOW_MS + 1_000);
  const all = eventSettings(url, settings);
  const { concurrency } = all;
  const log = () => undefined;
  const own = {
    store: store.events,
    send: eventSender(all, clock),
    clock,
    log,
    metrics: NO_METRICS,
    concurrency,
  };
  return announce({ ...own, ...others }, signal);
}

/** Produces orders; answers the ids of their events, the oldest first. */
export async function producedEvents(store: TestStore, count: number): Promise<string[]> {
  const ids = await submitOrders(store, count);
  const { token } = await store.claim(claimRequest({ ordersMax: 500 }));
  const settlements = ids.map((id) => ({ id, kind: 'produced' as const }));
  await store.settle(token, settlements, ENDED_MS);
  return ids.map((id) => `${id}:produced:${ENDED_MS}`);
}

/** What waits to be announced, the oldest first. */
export async function outbox({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.events, 0, -1)).reverse();
}

/** What was set aside, the oldest first. */
export async function refusedEvents({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.eventsRefused, 0, -1)).reverse();
}
