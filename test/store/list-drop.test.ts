import { expect, test } from 'vitest';
import { listOrders } from '../../lib/store/list.ts';
import type { Position } from '../../lib/store/list-places.ts';
import { submit } from '../../lib/store/submit.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const DROP_MS = NOW_MS + 3_600_000;
const ORDERS = 1_500;

async function dropOf(store: TestStore): Promise<string[]> {
  const orders = Array.from({ length: ORDERS }, (_, at) =>
    newOrder(`drop-${at}`, { submission: { produceAtMs: DROP_MS } }),
  );
  for (let at = 0; at < ORDERS; at += 500) {
    const some = orders.slice(at, at + 500);
    const limits = { pendingMax: ORDERS, queueMax: ORDERS };
    await submit(store, { client: 'shop', orders: some, nowMs: NOW_MS, ...limits });
  }
  return orders.map(({ id }) => id);
}

test.each([
  ['stays', false],
  ['leaves', true],
])(
  'a list of more orders for one moment than a page looks past shows each once, where the last of a page %s',
  async (_, isTaken) => {
    const store = freshStore();
    const ids = await dropOf(store);
    const seen: string[] = [];
    let after: Position | undefined;
    do {
      const page = await listOrders(store, {
        ...{ of: 'orders', client: 'shop', ordersMax: 100, matches: () => true },
        ...{ nowMs: NOW_MS, after },
      });
      seen.push(...page.orders.map(({ id }) => id));
      after = page.end;
      if (isTaken && seen.length > 0) {
        await store.redis.zrem(store.keys.pending('shop'), seen.at(-1) as string);
      }
    } while (after !== undefined);
    expect(seen.length).toBe(ORDERS);
    expect(new Set(seen)).toEqual(new Set(ids));
  },
);
