import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { storeWith } from '../support/store.ts';

const KILLS = 3;
const SUBMITTERS = 8;
const ACKNOWLEDGED_BEFORE_KILL = 200;

test('a Redis that is killed under load has every order that was acknowledged, and they are produced once', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-kill-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const acknowledged: string[] = [];
  let next = 0;

  for (let kill = 0; kill < KILLS; kill += 1) {
    const stack = await startStack({ dir });
    const store = storeWith(stack, '');
    const end = acknowledged.length + ACKNOWLEDGED_BEFORE_KILL;
    const submitter = async () => {
      for (;;) {
        const order = newOrder(`key-${next++}`);
        await store.submit(order);
        acknowledged.push(order.id);
        if (acknowledged.length === end) process.kill(stack.pid, 'SIGKILL');
      }
    };
    // Each submitter ends with the request that finds Redis gone.
    await Promise.allSettled(Array.from({ length: SUBMITTERS }, submitter));
    await stack.stop().catch(() => undefined);
  }

  const stack = await startStack({ dir });
  onTestFinished(stack.stop);
  const store = storeWith(stack, '');
  const limits = { batchSize: 100 };
  await runDrain(store, { clock: steppedClock(NOW_MS + 1_000), limits });
  const orders = await Promise.all(acknowledged.map((id) => store.read(id, NOW_MS)));
  expect(orders.filter((order) => order?.status !== 'produced')).toEqual([]);
  const numbers = orders.map((order) => order?.orderNumber);
  expect(new Set(numbers).size).toBe(acknowledged.length);
  // What was written and never acknowledged is there too: the client's repeat will find it.
  expect(await store.redis.zcard(store.keys.index)).toBeGreaterThanOrEqual(acknowledged.length);
  expect(await store.redis.zcard(store.keys.finished)).toBe(
    await store.redis.zcard(store.keys.index),
  );
});
