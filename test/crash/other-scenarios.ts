import { expect } from 'vitest';
import { announce } from '../../lib/events/announce.ts';
import type { Sent } from '../../lib/events/send-page.ts';
import { intakeOf } from '../../lib/intake/intake.ts';
import { submitOrders } from '../../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { submitWithStock } from '../stock/stock.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { limits } from '../support/limits.ts';
import { NOW_MS, type newOrder, submitOrders as submitSome } from '../support/orders.ts';
import type { Stack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import type { Scenario } from './lives.ts';
import {
  expectInOnePlace,
  type Ground,
  groundOn,
  SKU,
  UNITS,
  UNITS_WANTED,
  wantingOrder,
} from './looks.ts';
import type { Life } from './mortal.ts';

const HOUR_MS = 60 * 60 * 1_000;
const LATER_MS = NOW_MS + 2 * HOUR_MS;

interface Submit {
  /** The idempotency keys of one request. */
  readonly keys: readonly string[];
  /** Orders that are there before. */
  readonly known?: readonly string[];
  /** Orders that are for later. */
  readonly later?: readonly string[];
  readonly forgetsScripts?: boolean;
  /** What is put in, where it is not enough for all, and the orders that are refused. */
  readonly units?: number;
  readonly refused?: readonly string[];
}

const SUBMITS: Record<string, Submit> = {
  'a submit of one order': { keys: ['a'] },
  'a submit of an order for later': { keys: ['a'], later: ['a'] },
  'a submit of many orders, some known, some for later, one twice': {
    keys: ['a', 'b', 'c', 'd', 'b', 'e'],
    known: ['c', 'd'],
    later: ['d', 'e'],
  },
  'a submit of more orders than there are units for': {
    keys: ['a', 'b', 'c', 'a'],
    units: 2 * UNITS_WANTED,
    refused: ['c'],
  },
  'a submit to a Redis that has forgotten its scripts': { keys: ['a', 'b'], forgetsScripts: true },
};

/** A client that repeats until it is answered; before each repeat, all of an order is there or nothing. */
export function submitScenarios(stack: Stack): Scenario<Ground>[] {
  return Object.entries(SUBMITS).map(([name, submit]) => {
    const isRefused = (key: string) => submit.refused?.includes(key) === true;
    const all = [...new Set(submit.keys)].filter((key) => !isRefused(key));
    const orderOf = (key: string) => {
      const isLater = submit.later?.includes(key);
      return wantingOrder(key, isLater ? { produceAtMs: NOW_MS + HOUR_MS } : {});
    };
    const ids = all.map((key) => orderOf(key).id);
    return {
      name,
      async begin() {
        const ground = await groundOn(stack, submit.units);
        const known = (submit.known ?? []).map(orderOf);
        if (known.length > 0) await submitWithStock(ground.store, known);
        return ground;
      },
      async live({ store, look }, life, number) {
        if (submit.forgetsScripts) await store.redis.scriptFlush();
        const there = expectInOnePlace(await look(ids));
        const told = await submitOnce({ store, look }, submit, orderOf, life, number);
        const accepted = submit.keys.filter((_, at) => told[at] === 'accepted');
        expect(accepted).toEqual(all.filter((key) => !there.includes(orderOf(key).id)));
        for (const [at, kind] of told.entries()) {
          const mayBe = isRefused(submit.keys[at] ?? '')
            ? ['out-of-stock']
            : ['accepted', 'replayed'];
          expect(mayBe).toContain(kind);
        }
      },
      async check({ store, look }) {
        await runDrain(store, { clock: steppedClock(LATER_MS) });
        const { orders } = await look(ids);
        expect(expectInOnePlace(await look(ids))).toEqual(ids);
        const states = ids.map((id) => orders.get(id)?.state);
        expect(states).toMatchObject(ids.map(() => ({ status: 'produced', attempts: 1 })));
        const numbers = states.map((state) => state?.orderNumber);
        expect(numbers.toSorted()).toEqual(ids.map((_, at) => at + 1));
      },
    };
  });
}

async function submitOnce(
  { store: { client, keys } }: Ground,
  submit: Submit,
  orderOf: (key: string) => ReturnType<typeof newOrder>,
  life: Life,
  number: number,
): Promise<string[]> {
  const intake = intakeOf({
    store: { client: life.guard('redis', client), keys },
    ...{
      metrics: NO_METRICS,
      wake: undefined,
      config: { ...limits({ queueMax: 100 }), hasStock: true },
    },
  });
  const requests = submit.keys.map((key) => {
    return { idempotencyKey: key, submission: orderOf(key).submission };
  });
  const answer = await submitOrders(
    life.guard('intake', intake),
    'shop',
    requests,
    NOW_MS + number,
  );
  return answer.kind === 'answered' ? answer.outcomes.map(({ kind }) => kind) : [];
}

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

/** A redrive is repeated under its mark until it is answered; nothing is redriven twice by it. */
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
      return redrive(store, { ids, pauseMs: 1_000, mark: 'one', nowMs: LATER_MS });
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
