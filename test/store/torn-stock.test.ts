import { afterAll, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { allStock } from '../../lib/store/stock.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { STOCK_OPERATIONS } from './stock-operations.ts';

const stack = await startStack();
afterAll(stack.stop);

const CHANGES = Object.keys(STOCK_OPERATIONS).filter((name) =>
  /submit|settle|cancel|eras|repl/.test(name),
);

test.for(CHANGES)(
  '%s: torn at any command, it loses no unit and sells none twice',
  async (name) => {
    const operation = STOCK_OPERATIONS[name] ?? expect.fail();
    for (const andLater of [true, false]) {
      for (let command = 1, isTorn = true; isTorn; command += 1) {
        await stack.admin('FLUSHDB');
        const store = freshStore(stack);
        const { call } = await operation.prepare(store);
        const before = stack.usage.failures;
        const failure = {
          error: 'databaseFull',
          of: 'script',
          script: operation.script.sha1,
        } as const;
        stack.rules.failure = { ...failure, command, andLater };
        await call(store).catch(() => undefined);
        stack.rules.failure = null;
        isTorn = stack.usage.failures > before;
        const repair = (hours: number) => {
          const clock = steppedClock(NOW_MS + hours * 3_600_000);
          return reconcile({ store, clock, isRepair: true, isThorough: true });
        };
        await repair(1);
        for (const hours of [2, 3]) {
          await runDrain(store, { clock: steppedClock(NOW_MS + hours * 3_600_000) });
        }
        expect((await repair(4)).found.stock, `command ${command}`).toBeUndefined();
        for (const { stock } of (await allStock(store)).stocks) {
          expect(stock.available + stock.reserved + stock.sold, `command ${command}`).toBe(10);
          expect(Math.min(stock.available, stock.reserved, stock.sold)).toBeGreaterThanOrEqual(0);
        }
      }
    }
  },
);
