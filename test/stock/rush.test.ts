import { expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { StoreUnavailable } from '../../lib/store/errors.ts';
import { runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { pass } from '../support/maintenance.ts';
import { NOW_MS, type TestOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, storeWith } from '../support/store.ts';
import { countsOf, orderOf, stocked, submitWithStock } from './stock.ts';

const SUBMITS = 10_000;
const UNITS = 500;
const AT_ONCE = 100;

test('10,000 submits for 500 units, with repeats, batches, lost replies and cancels: 500 are sold', async () => {
  const stack = await startStack();
  let requests = 0;
  // Every 50th reply is lost, and every 70th request arrives twice.
  const fateOf = () => {
    requests += 1;
    if (requests % 50 === 0) return 'lose-reply';
    return requests % 70 === 0 ? 'repeat' : 'pass';
  };
  await using proxy = await faultyProxy(stack, fateOf);
  const store = freshStore(stack);
  const through = storeWith(proxy, store.prefix);
  await stocked(store, { ticket: UNITS });
  const accepted = new Map<string, TestOrder>();
  let most = 0;
  let next = 0;

  async function submitUntilTold(orders: readonly TestOrder[]) {
    for (;;) {
      try {
        return await submitWithStock(through, orders);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
    }
  }

  async function client() {
    for (let from = next; from < SUBMITS; from = next) {
      // Every tenth request is a batch, with the same SKU and the same key several times.
      const size = from % 10 === 0 ? 20 : 1;
      next += size;
      const orders = Array.from({ length: size }, (_, at) =>
        orderOf(`k${size > 1 && at % 5 === 4 ? from : from + at}`, { ticket: 1 + (from % 3) }),
      );
      const answers = await submitUntilTold(orders);
      for (const [at, order] of orders.entries()) {
        if (['accepted', 'known'].includes(answers[at]?.kind ?? '')) accepted.set(order.id, order);
      }
      const [available = 0, reserved = 0] = await countsOf(store, 'ticket');
      most = Math.max(most, reserved, -available);
      if (from % 7 === 0 && accepted.has(orders[0]?.id ?? '')) {
        const [order] = orders as [TestOrder];
        await cancel(store, { id: order.id, nowMs: NOW_MS });
        accepted.delete(order.id);
      }
      if (from % 11 === 0) await submitUntilTold(orders.slice(0, 1));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client));

  expect(most).toBe(UNITS);
  const wanted = [...accepted.values()].flatMap(({ submission }) => submission.lines);
  const units = wanted.reduce((sum, { quantity }) => sum + quantity, 0);
  expect(await countsOf(store, 'ticket')).toEqual([UNITS - units, units, 0]);
  expect(await pass(store, { isRepair: true })).toMatchObject({ found: {} });
  for (const hours of [1, 2]) {
    await runDrain(store, { clock: steppedClock(NOW_MS + hours * 3_600_000) });
  }
  expect(await countsOf(store, 'ticket')).toEqual([UNITS - units, 0, units]);
  expect(await pass(store, { isRepair: true, isThorough: true })).toMatchObject({ found: {} });
  await stack.stop();
}, 120_000);
