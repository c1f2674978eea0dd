import { expect } from 'vitest';
import { intakeOf } from '../../lib/intake/intake.ts';
import { submitOrders } from '../../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { submitWithStock } from '../stock/stock.ts';
import { runDrain } from '../support/drains.ts';
import { limits } from '../support/limits.ts';
import { NOW_MS, type newOrder } from '../support/orders.ts';
import type { Stack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import type { Scenario } from './lives.ts';
import { expectInOnePlace, type Ground, groundOn, UNITS_WANTED, wantingOrder } from './looks.ts';
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
