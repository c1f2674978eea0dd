import { afterAll, expect, test } from 'vitest';
import { SHOWN_ELSEWHERE, samplesOn } from '../../../cli/doctor/commands.ts';
import { systemClock } from '../../../lib/clock.ts';
import { retain } from '../../../lib/maintenance/retention.ts';
import { redriveOldest } from '../../../lib/production/redrive.ts';
import { acquireLock } from '../../../lib/redis/lock.ts';
import { maintenanceStore } from '../../../lib/redis/maintenance-store.ts';
import { rateLimit } from '../../../lib/redis/rate-limit.ts';
import * as scripts from '../../../lib/redis/scripts.ts';
import { orderIn, pass, STATES, type State } from '../../support/maintenance.ts';
import { claimRequest, NOW_MS, newOrder } from '../../support/orders.ts';
import { startStack } from '../../support/stack.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { freshStore } from '../../support/store.ts';

// A server of its own: it is asked for all commands that it was sent.
const stack = await startStack();
afterAll(stack.stop);

const TRIED = new Set([
  ...samplesOn((name) => name, 1).map(({ command }) => String(command[0])),
  ...SHOWN_ELSEWHERE,
]);

test('each command that stands in a script is tried out', () => {
  const texts = Object.values(scripts).map(({ text }) => text);
  const named = texts.flatMap((text) => [...text.matchAll(/(?:call|place)\('([A-Z]+)'/g)]);
  const commands = new Set(named.map(([, name = '']) => name));
  expect(commands.size).toBeGreaterThan(25);
  expect([...commands].filter((name) => !TRIED.has(name))).toEqual([]);
});

test('each command that the stores sent in all states of an order is tried out', async () => {
  const store = freshStore(stack, { isAnnounced: true });
  for (const state of Object.keys(STATES) as State[]) await orderIn(store, state);
  const { redis, client, keys } = store;
  await store.submitAll([newOrder('again'), newOrder('twice')], NOW_MS);
  await store.submitAll([newOrder('again')], NOW_MS);
  const { token, orders } = await store.claim(claimRequest());
  const ids = orders.map(({ id }) => id);
  await store.extend(token, ids, NOW_MS + 60_000);
  await store.ready(NOW_MS);
  await store.counts(NOW_MS);
  await store.read(newOrder('again').id, NOW_MS);
  for (const after of [undefined, { atMs: NOW_MS, id: 'ord_gone' }]) {
    const page = { of: 'orders', ordersMax: 10, nowMs: NOW_MS, ...(after && { after }) } as const;
    await store.page(page);
    await store.page({ ...page, client: 'shop', status: 'dead' });
  }
  await redriveOldest(store, { limit: 1, pauseMs: 10, mark: 'm' }, NOW_MS);
  const events = await store.events.oldest(0, NOW_MS);
  await store.events.takeOut(events.map(({ id }, at) => ({ id, isRefused: at === 0 })));
  await store.events.waiting();
  await pass(store, { isRepair: true, isThorough: true });
  await redis.set(keys.number, '0');
  await pass(store, { isRepair: true });
  const clock = steppedClock(NOW_MS + 1_000_000_000);
  await retain({ store: maintenanceStore(client, keys), clock, retentionMs: 1 });
  const lock = { client, clock: systemClock, key: keys.lock(0), leaseMs: 30, token: 'mine' };
  await (await acquireLock(lock))?.release();
  await rateLimit(client, keys.rate, 10)('shop', systemClock.now());

  const stats = await redis.exec<string>(['INFO', 'commandstats']);
  const sent = [...stats.matchAll(/^cmdstat_([a-z]+)/gm)].map(([, name = '']) =>
    name.toUpperCase(),
  );
  // What makes a transaction or a connection, and what the local server asks for itself.
  const framing = ['MULTI', 'EXEC', 'HELLO', 'CLIENT', 'COMMAND', 'MEMORY'];
  expect(sent).toEqual(expect.arrayContaining(['ZMSCORE', 'LTRIM', 'ZREVRANK', 'ZRANDMEMBER']));
  expect(sent.filter((name) => !TRIED.has(name) && !framing.includes(name))).toEqual([]);
});
