import { expect, test } from 'vitest';
import type { Limited } from '../../lib/intake/client-limits.ts';
import { intakeOf } from '../../lib/intake/intake.ts';
import { type Intake, submitOrders } from '../../lib/intake/submit-orders.ts';
import { readyClients } from '../../lib/store/claim.ts';
import { erase } from '../../lib/store/erase.ts';
import { StoreUnavailable } from '../../lib/store/errors.ts';
import { replace } from '../../lib/store/replace.ts';
import { limits } from '../support/limits.ts';
import { NOW_MS, newOrder, submission } from '../support/orders.ts';
import { recordedMetrics } from '../support/recorded-metrics.ts';
import { freshStore } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

function intake(overrides: Partial<Intake> & { config?: Partial<Limited> } = {}) {
  const { config, ...others } = overrides;
  const metrics = recordedMetrics();
  const woken: number[] = [];
  const wake = async (nowMs: number) => void woken.push(nowMs);
  const parts = { store: freshStore(), metrics, wake, ...others };
  const own = intakeOf({ ...parts, config: limits(config) });
  const submit = async (
    ...orders: [key: string, overrides?: Parameters<typeof submission>[0]][]
  ) => {
    const requests = orders.map(([idempotencyKey, fields]) => ({
      ...{ idempotencyKey, submission: submission(fields) },
    }));
    const answer = await submitOrders(own, 'shop', requests, NOW_MS);
    if (answer.kind === 'refused') return answer;
    return answer.outcomes.map((outcome) => outcome.kind);
  };
  return { submit, metrics, woken, own };
}

test('each order of a request has an outcome of its own, in the order of the request', async () => {
  const { submit, metrics } = intake();
  await submit(['a']);
  const later = { produceAtMs: NOW_MS + 60_000 };
  expect(
    await submit(
      ['b'],
      ['a'],
      ['a', { customer: 'else' }],
      ['b'],
      ['b', { customer: 'else' }],
      ['c', later],
    ),
  ).toEqual(['accepted', 'replayed', 'key-reused', 'replayed', 'key-reused', 'accepted']);
  expect(metrics.values('OrdersAccepted')).toEqual([1, 2]);
  expect(metrics.values('OrdersReplayed')).toEqual([0, 2]);
  expect(metrics.values('QueueDepth')).toEqual([1, 2]);
});

test('a repeat is answered with the very receipt of the first', async () => {
  const { own } = intake();
  const requests = [{ idempotencyKey: 'a', submission: submission() }];
  const [first, again] = [
    await submitOrders(own, 'shop', requests, NOW_MS),
    await submitOrders(own, 'shop', requests, NOW_MS + 5_000),
  ];
  expect(first).toMatchObject({ outcomes: [{ kind: 'accepted', receipt: { status: 'queued' } }] });
  const receiptIn = (answer: typeof first) => answer.kind === 'answered' && answer.outcomes[0];
  expect(receiptIn(again)).toEqual({ ...receiptIn(first), kind: 'replayed' });
});

test('more scheduled orders than a client may have are refused, and the others are taken', async () => {
  const { submit } = intake({ config: { scheduledMax: 1 } });
  const later = { produceAtMs: NOW_MS + 60_000 };
  expect(await submit(['a', later])).toEqual(['accepted']);
  expect(await submit(['b', later], ['c'], ['a', later])).toEqual([
    ...['no-room', 'accepted', 'replayed'],
  ]);
});

test('a client whose queue is too deep is refused without asking the store', async () => {
  const { submit, own } = intake({ config: { queueMax: 2 } });
  await submit(['a'], ['b'], ['c']);
  expect(await submit(['d'])).toEqual({ kind: 'refused', where: 'queue', retryAfterS: 60 });
  const others = [{ idempotencyKey: 'e', submission: submission() }];
  expect(await submitOrders(own, 'other', others, NOW_MS)).toMatchObject({ kind: 'answered' });
});

test('a drain is woken where the queue was empty, and not for what is scheduled or repeated', async () => {
  const { submit, woken } = intake();
  await submit(['later', { produceAtMs: NOW_MS + 60_000 }]);
  expect(woken).toEqual([]);
  await submit(['a'], ['b']);
  expect(woken).toEqual([NOW_MS]);
  await submit(['a']);
  await submit(['c']);
  expect(woken).toEqual([NOW_MS]);
});

test('a repeat of a key tells that its order was replaced or erased', async () => {
  const { submit, own } = intake();
  await submit(['a'], ['b']);
  const [a, b] = [newOrder('a'), newOrder('b', { submission: { customer: 'new' } })];
  await erase(own.store, a.id, NOW_MS);
  await replace(own.store, { order: b, nowMs: NOW_MS });
  expect(await submit(['a'], ['b'], ['b', { customer: 'new' }], ['b', { customer: 'x' }])).toEqual([
    ...['erased', 'replaced', 'replayed', 'key-reused'],
  ]);
});

test('after a submit that failed, the next of its client has a drain look, whatever was left', async () => {
  const store = freshStore();
  let isDown = true;
  const failing = watchedStore(store, {
    after() {
      if (isDown) throw new StoreUnavailable('The reply is lost.');
    },
  });
  const { submit, own } = intake({ store: failing });
  await expect(submit(['a'])).rejects.toThrow(StoreUnavailable);
  expect([own.backPressure.isInDoubt('shop'), own.backPressure.isInDoubt('other')]).toEqual([
    ...[true, false],
  ]);
  // As where the submit was cut off before it told the drain.
  await store.redis.del(store.keys.clients);
  isDown = false;
  expect(await submit(['b'])).toEqual(['accepted']);
  expect(await readyClients(store, NOW_MS)).toEqual(['shop']);
  expect(own.backPressure.isInDoubt('shop')).toBe(false);
  await store.redis.del(store.keys.clients);
  await submit(['c']);
  expect(await readyClients(store, NOW_MS), 'one command less').toEqual([]);
});

test('nothing is asked of the store for no orders', async () => {
  const { own } = intake({ store: undefined as never });
  expect(await submitOrders(own, 'shop', [], NOW_MS)).toEqual({ kind: 'answered', outcomes: [] });
});
