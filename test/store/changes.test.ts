import { expect, test } from 'vitest';
import { erase } from '../../lib/store/erase.ts';
import { replace } from '../../lib/store/replace.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { snapshot } from '../support/places.ts';
import { claimReady, freshStore, readOrder, type TestStore } from '../support/store.ts';
import { settled, submitted } from './settling.ts';

/** As `store`, but a drain claims what is ready right after the first read. */
function claimedMeanwhile(store: TestStore): TestStore {
  let isFirst = true;
  const client: typeof store.client = {
    ...store.client,
    async repeatedly(send) {
      const answer = await store.client.repeatedly(send);
      if (isFirst) {
        isFirst = false;
        await claimReady(store);
      }
      return answer;
    },
  };
  return { ...store, client };
}

test('an order that is claimed between being read and being changed keeps its content', async () => {
  const store = freshStore();
  const ids = await submitted(store, 'shop', 1);
  const [id] = ids as [string];
  const before = await store.redis.get(store.keys.order(id));
  const { fingerprint, submission } = newOrder('other', { submission: { customer: 'else' } });
  const order = { id, fingerprint, submission };
  const answer = await replace(claimedMeanwhile(store), { order, nowMs: NOW_MS });
  expect(answer).toEqual({ kind: 'refused', status: 'producing' });
  expect(await store.redis.get(store.keys.order(id))).toEqual(before);
});

test('an order whose production has begun and failed is not replaced', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await settled(store, { kind: 'retry', reason: 'later' });
  const { fingerprint, submission } = newOrder('other', { submission: { customer: 'else' } });
  const order = { id, fingerprint, submission };
  expect(await replace(store, { order, nowMs: NOW_MS })).toEqual({
    ...{ kind: 'refused', status: 'queued' },
  });
  expect(await readOrder(store, id, NOW_MS)).toMatchObject({ customer: '17850' });
});

test.each(['produced', 'rejected'] as const)(
  'of an erased order that was %s nothing stays but its client and how it ended',
  async (kind) => {
    const store = freshStore();
    const [id] = (await submitted(store, 'shop', 1)) as [string];
    const answer = kind === 'produced' ? { result: 'secret-17850' } : { reason: 'secret-17850' };
    await settled(store, { kind, ...answer } as Parameters<typeof settled>[1]);
    expect(JSON.stringify((await snapshot(store)).contents)).toContain('secret-17850');
    expect(await erase(store, id, NOW_MS)).toEqual({ kind: 'erased' });
    await runDrain(store);
    const { contents, places } = await snapshot(store);
    expect(JSON.stringify(contents)).not.toMatch(/17850|85123A/);
    expect(places.get(id)).toEqual(['ended:shop:0']);
    expect(JSON.parse(String(contents[`order_state:${id}`]))).toMatchObject({
      ...{ isErased: true, attempts: 0 },
      status: kind === 'produced' ? 'produced' : 'canceled',
    });
  },
);
