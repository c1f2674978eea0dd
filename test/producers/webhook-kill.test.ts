import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { bundleDrain } from '../support/drain-bundle.ts';
import { runDrain } from '../support/drains.ts';
import { functionEnvironment } from '../support/functions.ts';
import { newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { storeWith } from '../support/store.ts';
import { producerFor, type Receiver, SECRET, startReceiver } from './receiver.ts';

const ORDERS = 4;

let drainFile: string;
beforeAll(async () => {
  drainFile = await bundleDrain('webhook');
}, 60_000);
afterAll(() => rmSync(path.dirname(drainFile), { recursive: true, force: true }));

/** A store with new orders, and a drain of them as a process of its own. */
async function startDrain(receiver: Receiver) {
  const environment = functionEnvironment();
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const orders = Array.from({ length: ORDERS }, (_, index) => newOrder(`key-${index}`));
  for (const order of orders) await store.submit(order);
  const child = spawn(process.execPath, [drainFile, '0'], {
    cwd: path.dirname(drainFile),
    env: {
      ...environment,
      SLUICE_BATCH_SIZE: '2',
      SLUICE_WEBHOOK_URL: receiver.url,
      SLUICE_WEBHOOK_SECRETS: `whsec_${SECRET.toString('base64')}`,
      SLUICE_WEBHOOK_ALLOW_PRIVATE: 'localhost',
    },
    stdio: 'ignore',
  });
  return { store, child, ids: orders.map(({ id }) => id) };
}

type Drain = Awaited<ReturnType<typeof startDrain>>;

/** Another drain, later, that finds all leases ended. */
async function drainLater({ store }: Drain, receiver: Receiver): Promise<void> {
  const clock = steppedClock(Date.now() + 600_000);
  await runDrain(store, { producer: producerFor(receiver.url, { clock }), clock });
}

async function expectOneEffectEach({ store, ids }: Drain, effects: Map<string, number>) {
  expect(ids.map((id) => effects.get(id))).toEqual(ids.map(() => 1));
  const orders = await Promise.all(ids.map((id) => store.read(id, Date.now())));
  expect(orders.map((order) => order?.status)).toEqual(ids.map(() => 'produced'));
  expect(await store.redis.exists(store.keys.pending, store.keys.owners, store.keys.queue)).toBe(0);
}

const KILLS = ['before the effect', 'after it', 'after the answer'] as const;

/** @returns whether the process was to be killed; it was not where it sends fewer POSTs */
async function killAt(post: number, when: (typeof KILLS)[number]): Promise<boolean> {
  const effects = new Map<string, number>();
  let child: ChildProcess | undefined;
  await using receiver = await startReceiver(({ headers }, response) => {
    const isTheOne = receiver.all.length === post + 1;
    if (isTheOne && when === 'before the effect') return void child?.kill('SIGKILL');
    const id = String(headers['idempotency-key']);
    if (!effects.has(id)) effects.set(id, 1);
    if (isTheOne && when === 'after it') return void child?.kill('SIGKILL');
    response.end(() => isTheOne && child?.kill('SIGKILL'));
  });
  const drain = await startDrain(receiver);
  child = drain.child;
  const [code, signal] = await once(child, 'exit');
  const isReached = receiver.all.length > post;
  // One that has its last answer may come to its end before it is killed.
  if (when !== 'after the answer') expect(signal ?? code).toBe(isReached ? 'SIGKILL' : 0);
  child = undefined;
  await drainLater(drain, receiver);
  await expectOneEffectEach(drain, effects);
  return isReached;
}

test.each(KILLS)(
  'a drain process that is killed at any POST (%s) leaves each order with one effect',
  async (when) => {
    let post = 0;
    while (await killAt(post, when)) post += 1;
    expect(post).toBe(ORDERS);
  },
  60_000,
);

test('a drain process that freezes at a POST and thaws after another drain changes nothing', async () => {
  const effects = new Map<string, number>();
  const thawed = Promise.withResolvers<void>();
  await using receiver = await startReceiver(async ({ headers }, response) => {
    const id = String(headers['idempotency-key']);
    const isNew = !effects.has(id);
    if (isNew) effects.set(id, 1);
    if (headers['sluice-fencing-token'] === '1') await thawed.promise;
    response.end(JSON.stringify({ token: headers['sluice-fencing-token'] }));
  });
  const drain = await startDrain(receiver);
  await receiver.got(2);
  drain.child.kill('SIGSTOP');
  await drainLater(drain, receiver);
  drain.child.kill('SIGCONT');
  thawed.resolve();
  const [code] = await once(drain.child, 'exit');
  expect(code).toBe(0);
  await expectOneEffectEach(drain, effects);
  const orders = await Promise.all(drain.ids.map((id) => drain.store.read(id, Date.now())));
  for (const order of orders) expect(order?.result).not.toEqual({ token: '1' });
});
