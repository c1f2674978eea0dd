import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { connect, type Store } from '../../lib/store/connection.ts';
import { countOrders } from '../../lib/store/count.ts';
import { keysWith } from '../../lib/store/keys.ts';
import { listOrders } from '../../lib/store/list.ts';
import { acquireLock } from '../../lib/store/lock.ts';
import { rateLimit } from '../../lib/store/rate-limit.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { settled, submitted } from '../store/settling.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { submitOne } from '../support/store.ts';
import { measuredStack } from './measured-stack.ts';

const { proxy, costOf, stop } = await measuredStack();
afterAll(stop);
const DAY_MS = 86_400_000;
const clock = steppedClock(NOW_MS + 31 * DAY_MS);

/** What a deployment does all day, each by itself. */
const WORK: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  async 'single orders'(store) {
    for (let at = 0; at < 50; at += 1) await submitOne(store, newOrder(`key-${at}`));
  },
  async 'batches and their drains'(store) {
    for (const client of ['shop', 'mart']) await submitted(store, client, 300);
    await runDrain(store, { limits: { batchSize: 100 } });
  },
  async 'dead letters that are redriven'(store) {
    const ids = await submitted(store, 'shop', 100);
    await settled(store, { kind: 'rejected', reason: 'x' });
    await redrive(store, { ids, pauseMs: 1, redriveId: 'mark', nowMs: NOW_MS });
  },
  async 'reads and cancels'(store) {
    const [id = ''] = await submitted(store, 'shop', 60);
    await cancel(store, { id, nowMs: NOW_MS });
    await listOrders(store, { of: 'orders', ordersMax: 50, matches: () => true, nowMs: NOW_MS });
    await countOrders(store, NOW_MS);
  },
  async 'the upkeep of a day'(store) {
    await submitted(store, 'shop', 400);
    await runDrain(store, { limits: { batchSize: 100 } });
    await reconcile({ store, clock, isRepair: true });
    await retain({ store, clock, retentionMs: DAY_MS });
  },
  async 'locks and rate limits'({ client, keys }) {
    const request = { client, clock, key: keys.lock(0), leaseMs: 30_000, token: randomUUID() };
    await (await acquireLock(request))?.release();
    const limit = rateLimit(client, keys.rate, () => 100);
    for (let at = 0; at < 10; at += 1) await limit('shop', 1, Date.now());
  },
};

test.for(Object.entries(WORK))(
  'the metric of commands tells of %s what Redis counts, within a fifth',
  async ([, work]) => {
    let told = 0;
    const onBilled = (commands: number) => {
      told += commands;
    };
    const settings = { ...proxy, timeoutMs: 5_000, sendsMax: 2, random: Math.random };
    const store = {
      client: connect({ ...settings, onBilled }),
      keys: keysWith(`${randomUUID()}:`),
    };
    const { billed } = await costOf(() => work(store));
    expect(Math.abs(told / billed - 1), `${told} of ${billed}`).toBeLessThan(0.2);
  },
);
