import { afterAll, afterEach, expect, test } from 'vitest';
import { SETTLE } from '../../lib/store/scripts.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { DEFAULT_RULES } from '../../local/upstash/rules.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder, submitAll, submitOne } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';
import { settlementsOf } from './settling.ts';

// A server of its own, as its limits are the same for all its clients.
const stack = await startStack();
afterAll(stack.stop);
afterEach(() => {
  Object.assign(stack.rules, DEFAULT_RULES);
});

/** A store whose next settle is sent with another limit in place of the shipped one. */
function withSettleLimit(store: ReturnType<typeof freshStore>, at: number, limit: string) {
  const { client } = store;
  const limited = {
    ...client,
    repeatedly: ((send) =>
      client.repeatedly((redis) =>
        send(
          new Proxy(redis, {
            get(target, member) {
              const method = Reflect.get(target, member, target);
              if (member !== 'evalsha') return method;
              return (sha1: string, keys: string[], args: string[]) =>
                target.evalsha(sha1, keys, sha1 === SETTLE.sha1 ? args.with(at, limit) : args);
            },
          }),
        ),
      )) as typeof client.repeatedly,
  };
  return { ...store, client: limited };
}

const DEAD_MAX = 1;
const EVENTS_MAX = 2;

test('a dead order for which there is no room waits, and is moved once there is', async () => {
  const store = freshStore(stack);
  const [id] = (await submitOrders(store, 1)) as [string];
  const claim = await claimReady(store);
  const settlements = await settlementsOf(store, claim, () => ({ kind: 'rejected', reason: 'x' }));
  await store.redis.scriptLoad(SETTLE.text);
  const full = withSettleLimit(store, DEAD_MAX, '0');
  await settleAndClaim(full, settlements, undefined);
  expect((await snapshot(store)).places.get(id)).toEqual(['pending:shop']);
  expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: 'dead', attempts: 1 });
  const clock = steppedClock(NOW_MS + 2_000 + 900_000 - 1);
  expect(await runDrain(store, { clock })).toMatchObject({ claimed: 0 });
  clock.step(1);
  await runDrain(store, { clock, producer: () => expect.fail('It is dead.') });
  expect((await snapshot(store)).places.get(id)).toEqual(['dead:shop']);
});

test('where too many events wait, the oldest go', async () => {
  const store = freshStore(stack);
  const ids = await submitOrders(store, 5);
  const settlements = await settlementsOf(store, await claimReady(store));
  await store.redis.scriptLoad(SETTLE.text);
  await settleAndClaim(withSettleLimit(store, EVENTS_MAX, '3'), settlements, undefined);
  const events = (await store.redis.lrange(store.keys.events, 0, -1)).reverse();
  expect(events.map((event) => event.split(':')[0])).toEqual(ids.slice(2));
  await expectAllInPlace(store, ids);
});

test('a submit to a database that is full fails as that, and its repeat is the first once there is room', async () => {
  const store = freshStore(stack);
  stack.rules.databaseBytesMax = 1;
  const order = newOrder('a');
  await expect(submitOne(store, order)).rejects.toMatchObject({ kind: 'full' });
  expect(await store.redis.keys(`${store.prefix}*`)).toEqual([]);
  stack.rules.databaseBytesMax = DEFAULT_RULES.databaseBytesMax;
  expect(await submitOne(store, order)).toEqual({ kind: 'accepted' });
});

test.for(['CLAIM', 'READ', 'SETTLE'])(
  'a database that is full from a drain’s %s on loses no order, and the next drain goes on',
  async (step) => {
    const store = freshStore(stack);
    const ids = await submitOrders(store, 25);
    const filling = watchedStore(store, {
      before(asked) {
        if (asked.includes(step)) stack.rules.databaseBytesMax = 1;
      },
    });
    await expect(runDrain(filling)).rejects.toMatchObject({ kind: 'full' });
    stack.rules.databaseBytesMax = DEFAULT_RULES.databaseBytesMax;
    for (const hours of [1, 2, 3]) {
      await runDrain(store, { clock: steppedClock(NOW_MS + hours * 3_600_000) });
    }
    await expectAllInPlace(store, ids);
  },
);

test('a queue that has reached the size of a record refuses its client, and nobody else', async () => {
  const store = freshStore(stack);
  const ids: string[] = [];
  const lines = [{ sku: 'a', quantity: 1, unitAmount: 1 }];
  const submit = async (client: string, from: number) => {
    const orders = Array.from({ length: 100 }, (_, at) =>
      newOrder(`${from + at}`, { client, submission: { lines } }),
    );
    await submitAll(store, orders);
    ids.push(...orders.map(({ id }) => id));
  };
  stack.rules.recordBytesMax = 20_000;
  let accepted = 0;
  const error = await (async () => {
    for (; accepted < 2_000; accepted += 100) await submit('flood', accepted);
  })().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'StoreUnavailable', kind: 'record' });
  expect(accepted).toBeGreaterThan(400);
  await submit('other', 0);
  stack.rules.recordBytesMax = DEFAULT_RULES.recordBytesMax;
  await runDrain(store, { limits: { batchSize: 500 } });
  await expectAllInPlace(store, ids);
});
