import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import type { TestKey } from '../support/functions.ts';
import { NOW_MS, newOrder, orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { submitAll } from '../support/store.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

const idsOf = ({ body }: Answer) => (body.orders as { id: string }[]).map(({ id }) => id);
const list = (query: Record<string, string> = {}, as: TestKey = 'shop') =>
  api.call('list', { query, as });

/** Submits orders, each a millisecond after the other; answers their ids, the newest first. */
async function submit(count: number, as: TestKey = 'shop', overrides = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) {
    vi.setSystemTime(Date.now() + 1);
    ids.unshift(String((await api.submit(orderBody(overrides), { as })).body.id));
  }
  return ids;
}

/** All pages, as a client follows the cursors. */
async function follow(query: Record<string, string>, as: TestKey = 'shop') {
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer: Answer = await list({ ...query, ...(cursor && { cursor }) }, as);
    expect(answer.status).toBe(200);
    pages.push(idsOf(answer));
    cursor = answer.body.nextCursor as string | null;
  }
  return pages;
}

test('a list has what waits, the newest first, then what has ended, the newest first', async () => {
  const ended = await submit(3);
  await api.call('drain');
  vi.setSystemTime(NOW_MS + 1_000);
  const [canceled] = (await submit(1)) as [string];
  await api.call('cancel', { id: canceled });
  await api.call('drain');
  const waiting = await submit(3);
  for (const limit of ['1', '2', '100']) {
    const found = (await follow({ limit })).flat();
    expect(found.slice(0, 4)).toEqual([...waiting, canceled]);
    // Those of one drain have ended in the same millisecond.
    expect(found.slice(4).sort()).toEqual(ended.sort());
  }
});

test('a client sees its own orders, and an admin those of all, the newest first', async () => {
  const ours = await submit(3);
  const theirs = await submit(4, 'other');
  const newest = await submit(1);
  for (const limit of ['1', '3', '100']) {
    expect((await follow({ limit })).flat()).toEqual([...newest, ...ours]);
    expect((await follow({ limit }, 'admin')).flat()).toEqual([...newest, ...theirs, ...ours]);
  }
});

test('a list shows an order without its lines, and whose it is only to an admin', async () => {
  const [id] = (await submit(1)) as [string];
  const { lines: _, ...summary } = (await api.read(id)).body;
  const ours = await list();
  expect(ours.body).toEqual({ orders: [summary], nextCursor: null, examined: 1 });
  expect(ours.headers['cache-control']).toBe('no-store');
  expect((await list({}, 'admin')).body.orders).toEqual([{ ...summary, client: 'shop' }]);
});

test('a page has 50 orders by default', async () => {
  const orders = Array.from({ length: 51 }, (_, at) => orderBody({ idempotencyKey: `k${at}` }));
  await api.call('batch', { body: { orders } });
  expect((await follow({})).map(({ length }) => length)).toEqual([50, 1]);
});

test('an admin can ask for the orders of one client, and a client for its own only', async () => {
  const ours = await submit(2);
  const theirs = await submit(2, 'other');
  expect((await follow({ client: 'other', limit: '1' }, 'admin')).flat()).toEqual(theirs);
  expect(idsOf(await list({ client: 'nobody' }, 'admin'))).toEqual([]);
  expect(idsOf(await list({ client: 'shop' }))).toEqual(ours);
  expect(idsOf(await list({ client: 'other' }))).toEqual([]);
});

describe('by idempotency key', () => {
  test('a client finds its order, and an admin those of all clients', async () => {
    const ours = String((await api.submit(orderBody(), { key: 'a b' })).body.id);
    const theirs = String((await api.submit(orderBody(), { key: 'a b', as: 'other' })).body.id);
    const query = { idempotencyKey: 'a b' };
    expect((await list(query)).body).toMatchObject({
      orders: [{ id: ours, idempotencyKey: 'a b' }],
      nextCursor: null,
      examined: 1,
    });
    expect((await follow({ ...query, limit: '1' }, 'admin')).flat()).toEqual([theirs, ours]);
    expect(idsOf(await list({ ...query, client: 'other' }, 'admin'))).toEqual([theirs]);
    expect((await list({ ...query, status: 'dead' })).body).toMatchObject({
      orders: [],
      examined: 1,
    });
    expect((await list({ idempotencyKey: 'b' })).body).toMatchObject({ orders: [], examined: 0 });
  });
});

/** A generator of chance that a seed repeats. */
function diceFrom(seed: number) {
  let state = seed * 2_654_435_761;
  return (sides: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state >>> 8) % sides;
  };
}

/** What a producer may say of an order, by chance. */
const ANSWERS: readonly ProducerAnswer[] = [
  { kind: 'produced' },
  { kind: 'rejected', reason: 'x' },
  { kind: 'retry', reason: 'x' },
];

test.each([1, 2, 3, 4, 5, 6])(
  'no order is missing from pages that are read while orders flow (seed %i)',
  async (seed) => {
    const roll = diceFrom(seed);
    const reader = roll(2) === 0 ? 'shop' : 'admin';
    const ours = await submit(25);
    const theirs = await submit(5, 'other');
    const before = reader === 'shop' ? ours : [...ours, ...theirs];
    const found = new Set<string>();
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = { limit: String(1 + roll(5)), ...(cursor && { cursor }) };
      const page: Answer = await list(query, reader);
      for (const id of idsOf(page)) found.add(id);
      cursor = page.body.nextCursor as string | null;
      await submit(roll(3), roll(2) === 0 ? 'shop' : 'other');
      if (roll(3) === 0)
        await api.call('cancel', { id: before[roll(before.length)] ?? '', as: 'admin' });
      vi.setSystemTime(Date.now() + 1 + roll(50));
      const enough = new AbortController();
      await runDrain(api.store, {
        producer: producerOf(() => {
          enough.abort();
          return ANSWERS[roll(3)] ?? { kind: 'produced' };
        }),
        clock: steppedClock(Date.now()),
        limits: { batchSize: 1 + roll(4), lanes: 1 },
        signal: enough.signal,
      });
    }
    expect(before.filter((id) => !found.has(id))).toEqual([]);
  },
);

test('orders that come in while pages are read put none of the others on two pages', async () => {
  const before = await submit(12);
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer = await list({ limit: '3', ...(cursor && { cursor }) });
    found.push(...idsOf(page));
    cursor = page.body.nextCursor as string | null;
    await submit(2);
  }
  expect(found).toEqual(before);
});

test('a page costs one client no more when another has 20,000 orders', async () => {
  await using stack = await startStack();
  api = await deploy(stack, {}, stack);
  const [ours] = (await submit(1)) as [string];
  const costOf = async (query: Record<string, string>) => {
    const before = stack.usage.billedCommands;
    const { body } = await list(query);
    return { body, billed: stack.usage.billedCommands - before };
  };
  const alone = [await costOf({ limit: '5' }), await costOf({ status: 'produced' })];
  for (let batch = 0; batch < 40; batch += 1) {
    const orders = Array.from({ length: 500 }, (_, at) =>
      newOrder(`${batch}-${at}`, { client: 'other' }),
    );
    await submitAll(api.store, orders);
  }
  expect([await costOf({ limit: '5' }), await costOf({ status: 'produced' })]).toEqual(alone);
  expect(alone[0]?.body).toMatchObject({ orders: [{ id: ours }], nextCursor: null, examined: 1 });
});

test('a page of the largest orders fits into what a Lambda may return, and each comes once', async () => {
  const line = { ...orderBody().lines[0], description: '🦊'.repeat(256) };
  const metadata = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`${at}${'k'.repeat(38)}`, '"'.repeat(256)]),
  );
  const lines = Array(200).fill(line);
  const ids: string[] = [];
  for (let batch = 0; batch < 5; batch += 1) {
    const orders = Array.from({ length: 12 }, (_, at) =>
      orderBody({ lines, metadata, idempotencyKey: `${batch}-${at}` }),
    );
    const { body } = await api.call('batch', { body: { orders } });
    ids.push(...(body.results as { order: { id: string } }[]).map(({ order }) => order.id));
  }
  const first = await list({ limit: '100' });
  expect(Buffer.byteLength(JSON.stringify(first.text))).toBeLessThan(6 * 1024 * 1024);
  const pages = await follow({ limit: '100' });
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flat().sort()).toEqual(ids.sort());
});
