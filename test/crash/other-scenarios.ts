import { expect } from 'vitest';
import { announce } from '../../lib/events/announce.ts';
import type { Sent } from '../../lib/events/send-page.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { submitWithStock } from '../stock/stock.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders as submitSome } from '../support/orders.ts';
import type { Stack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import type { Scenario } from './lives.ts';
import { expectInOnePlace, type Ground, groundOn, SKU, UNITS, wantingOrder } from './looks.ts';

const HOUR_MS = 60 * 60 * 1_000;
const LATER_MS = NOW_MS + 2 * HOUR_MS;

/** A cancel is repeated until it is answered, and what is canceled is never produced. */
export function cancelScenario(stack: Stack): Scenario<Ground> {
  const { id } = wantingOrder('a');
  return {
    name: 'a cancel',
    async begin() {
      const ground = await groundOn(stack);
      await submitWithStock(ground.store, [wantingOrder('a')]);
      return ground;
    },
    async live({ store: { client, keys }, look }, life, number) {
      expectInOnePlace(await look([id]));
      const store = { client: life.guard('redis', client), keys };
      return cancel(store, { id, client: 'shop', nowMs: NOW_MS + 1 + number });
    },
    async check({ store, look }) {
      const { kind } = await cancel(store, { id, nowMs: NOW_MS + 9 });
      expect(kind).toBe('canceled');
      await runDrain(store, { limits: { isAnnounced: true } });
      const { orders, events, totals, stocks } = await look([id]);
      expect(stocks.get(SKU)).toMatchObject({ available: UNITS, reserved: 0, sold: 0 });
      expect(orders.get(id)).toMatchObject({ state: { attempts: 0 }, places: [{ kind: 'ended' }] });
      expect([events.length, totals]).toEqual([1, { produced: 0, canceled: 1, leaving: 0 }]);
    },
  };
}

/** A redrive is repeated under its id until it is answered; nothing is redriven twice by it. */
export function redriveScenario(stack: Stack): Scenario<Ground & { readonly ids: string[] }> {
  return {
    name: 'a redrive',
    async begin() {
      const ground = await groundOn(stack);
      const wanting = ['a', 'b'].map((key) => wantingOrder(key));
      await submitWithStock(ground.store, wanting);
      const ids = wanting.map((order) => order.id);
      const producer = producerOf(() => ({ kind: 'rejected', reason: 'no such sku' }));
      await runDrain(ground.store, { producer });
      return { ...ground, ids };
    },
    async live({ store: { client, keys }, look, ids }, life) {
      expectInOnePlace(await look(ids));
      const store = { client: life.guard('redis', client), keys };
      return redrive(store, { ids, pauseMs: 1_000, redriveId: 'one', nowMs: LATER_MS });
    },
    async check({ store, look, ids }) {
      const { orders } = await look(ids);
      const due = ids.map((id) => orders.get(id)?.places.map(({ atMs }) => atMs));
      expect(due).toEqual([[LATER_MS + 1_000], [LATER_MS + 2_000]]);
      await runDrain(store, { clock: steppedClock(LATER_MS + 3_000) });
      expectInOnePlace(await look(ids));
      for (const { state } of (await look(ids)).orders.values()) {
        expect(state).toMatchObject({ status: 'produced', attempts: 1 });
      }
    },
  };
}

interface Announcement extends Ground {
  /** Ids of the events that there are, the oldest first. */
  readonly events: readonly string[];
  /** Ids of those that the receiver got, in that order. */
  readonly got: string[];
}

/** A run that announces three events, of which the receiver refuses the second. */
export function announceScenario(stack: Stack): Scenario<Announcement> {
  return {
    name: 'a run of the announcer',
    async begin() {
      const ground = await groundOn(stack);
      const ids = await submitSome(ground.store, 3);
      await runDrain(ground.store, { limits: { isAnnounced: true } });
      const { events } = await ground.look(ids);
      return { ...ground, events: events.toReversed(), got: [] };
    },
    live({ store: { client, keys }, events, got }, life) {
      const send = async ({ id }: { id: string }): Promise<Sent> => {
        got.push(id);
        return id === events[1] ? { kind: 'refused', reason: 'x' } : { kind: 'taken' };
      };
      const dependencies = {
        store: { client: life.guard('redis', client), keys },
        ...{ send, clock: steppedClock(NOW_MS), log: () => undefined },
        ...{ metrics: NO_METRICS, concurrency: 1 },
      };
      return announce(life.guard('announcer', dependencies), new AbortController().signal);
    },
    async check({ store: { redis, keys }, events, got }, lives) {
      expect([...new Set(got)]).toEqual(events);
      for (const id of events) {
        expect(got.filter((event) => event === id).length).toBeLessThanOrEqual(lives);
      }
      expect(await redis.exists(keys.events, keys.eventsAgain)).toBe(0);
      const aside = await redis.lrange(keys.eventsAside, 0, -1);
      expect(aside.map((text) => JSON.parse(text).id)).toEqual([events[1]]);
    },
  };
}
