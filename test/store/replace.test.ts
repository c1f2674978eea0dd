import { expect, test } from 'vitest';
import { withContent } from '../../lib/orders/content.ts';
import type { Order } from '../../lib/orders/order.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { countOrders } from '../../lib/store/count.ts';
import { REPLACED_MAX } from '../../lib/store/order-record.ts';
import { replace } from '../../lib/store/replace.ts';
import { defaultProducer, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder, submitOne, type TestStore } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';
import { REACH } from './change-operations.ts';
import { LATER_MS, settled, submitted } from './settling.ts';

const REPLACE_MS = NOW_MS + 10_000;
/** When all that any test schedules is due. */
const END_MS = NOW_MS + 600_000;

function content(id: string, customer = '12345', produceAtMs?: number) {
  const { submission } = newOrder('', {
    submission: { customer, ...(produceAtMs !== undefined && { produceAtMs }) },
  });
  return { id, submission };
}

/** Drains at a time; answers the customers of the produced orders with this id. */
async function produced(store: TestStore, id: string, nowMs: number) {
  const customers: string[] = [];
  await runDrain(store, {
    clock: steppedClock(nowMs),
    producer: (orders: readonly Order[], context) => {
      customers.push(...orders.filter((order) => order.id === id).map(({ customer }) => customer));
      return defaultProducer(orders as Parameters<typeof defaultProducer>[0], context);
    },
  });
  return customers;
}

const { queued, scheduled } = REACH;
const CASES = Object.entries({
  ...{ queued, scheduled },
  'canceled and not moved yet': REACH['canceled and not moved yet'],
  'canceled and ended': REACH['canceled and ended'],
}).flatMap(([from, reach]) =>
  [undefined, LATER_MS - 30_000, LATER_MS + 30_000].map((dueAtMs) => ({
    ...{ from, reach, dueAtMs },
    when: dueAtMs === undefined ? 'now' : `after ${(dueAtMs - NOW_MS) / 1_000} s`,
  })),
);

test.for(CASES)(
  'an order that is $from gets a new content, and only that is produced, once, $when',
  async ({ reach, dueAtMs }) => {
    const store = freshStore();
    const ids = await reach(store);
    const [id = ''] = ids;
    const request = { order: content(id, '12345', dueAtMs), client: 'shop', nowMs: REPLACE_MS };
    const answer = await replace(store, request);
    expect(answer).toMatchObject({
      kind: 'replaced',
      order: {
        ...{ id, customer: '12345', acceptedAtMs: REPLACE_MS, attempts: 0 },
        status: dueAtMs === undefined ? 'queued' : 'scheduled',
        replaced: [{ customer: '17850', acceptedAtMs: NOW_MS, replacedAtMs: REPLACE_MS }],
      },
    });
    const { contents } = await snapshot(store);
    expect(await replace(store, { ...request, nowMs: REPLACE_MS + 1 })).toEqual({
      ...answer,
      addedBytes: 0,
    });
    expect((await snapshot(store)).contents).toEqual(contents);

    const steps = [];
    for (const nowMs of [REPLACE_MS + 1, (dueAtMs ?? END_MS) - 1, dueAtMs ?? END_MS, END_MS + 1]) {
      steps.push(await produced(store, id, nowMs));
    }
    const once = ['12345'];
    expect(steps).toEqual(dueAtMs === undefined ? [once, [], [], []] : [[], [], once, []]);
    await expectAllInPlace(store, ids);
    expect(await countOrders(store, END_MS)).toMatchObject({ produced: 2, canceled: 0 });
  },
);

test('a repeat of a content that was replaced is told from the new one, and from any other', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  const first = newOrder('ready-0');
  await replace(store, { order: content(id), nowMs: REPLACE_MS });
  const { fingerprint } = withContent(content(id).submission);
  const known = { kind: 'known', fingerprint, replaced: [first.fingerprint] };
  for (const order of [
    first,
    ...['12345', 'else'].map((name) => ({
      ...first,
      ...withContent(content(id, name).submission),
    })),
  ]) {
    expect(await submitOne(store, order)).toMatchObject(known);
  }
});

test('an order keeps its last contents, and is not replaced more often', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  for (let at = 1; at <= REPLACED_MAX; at += 1) {
    const answer = await replace(store, { order: content(id, `new-${at}`), nowMs: NOW_MS + at });
    expect(answer.kind).toBe('replaced');
  }
  const before = (await snapshot(store)).contents;
  const once = await replace(store, { order: content(id, 'once more'), nowMs: REPLACE_MS });
  expect(once).toEqual({ kind: 'too-often' });
  expect((await snapshot(store)).contents).toEqual(before);
  const order = await readOrder(store, id, REPLACE_MS);
  const customers = order?.replaced?.map(({ customer }) => customer);
  expect(customers).toEqual(['new-4', 'new-3', 'new-2', 'new-1', '17850']);
});

const REFUSED: Record<string, [string, (store: TestStore) => Promise<string[]>]> = {
  'is being produced': [
    'producing',
    async (store) => {
      const ids = await submitted(store, 'shop', 1);
      await claimReady(store);
      return ids;
    },
  ],
  'was produced': ['produced', REACH.produced],
  'is dead': ['dead', REACH.dead],
  'failed once': [
    'queued',
    async (store) => {
      const ids = await submitted(store, 'shop', 1);
      await settled(store, { kind: 'retry', reason: 'busy' });
      return ids;
    },
  ],
  'waits to be tried alone': ['queued', REACH.alone],
  'failed once and was canceled': [
    'canceled',
    async (store) => {
      const [id = ''] = await submitted(store, 'shop', 1);
      await settled(store, { kind: 'retry', reason: 'busy' });
      await cancel(store, { id, nowMs: REPLACE_MS });
      return [id];
    },
  ],
};

test.for(Object.entries(REFUSED))(
  'an order that %s is not replaced',
  async ([, [status, reach]]) => {
    const store = freshStore();
    const [id = ''] = await reach(store);
    const before = (await snapshot(store)).contents;
    const answer = await replace(store, { order: content(id), nowMs: REPLACE_MS });
    expect(answer).toEqual({ kind: 'refused', status });
    expect((await snapshot(store)).contents).toEqual(before);
  },
);

test('a late repeat of a replace does not bring back an order that was canceled since', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  const request = { order: content(id), nowMs: REPLACE_MS };
  await replace(store, request);
  await cancel(store, { id, nowMs: REPLACE_MS });
  expect(await replace(store, request)).toEqual({ kind: 'refused', status: 'canceled' });
});

test('an order that is claimed between the look and the replace is not replaced', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  const late = watchedStore(store, {
    async before(asked) {
      if (asked.includes('REPLACE')) await claimReady(store);
    },
  });
  const answer = await replace(late, { order: content(id), nowMs: REPLACE_MS });
  expect(answer).toEqual({ kind: 'refused', status: 'producing' });
  expect(await readOrder(store, id, REPLACE_MS)).toMatchObject({ customer: '17850' });
});

test('an order of another client, or of nobody, is not found', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  const request = { order: content(id), client: 'other', nowMs: REPLACE_MS };
  expect(await replace(store, request)).toEqual({ kind: 'not-found' });
  const unknown = content(newOrder('none').id);
  expect(await replace(store, { order: unknown, nowMs: 1 })).toEqual({ kind: 'not-found' });
});
