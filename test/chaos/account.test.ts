import { expect, test } from 'vitest';
import { freshStore, type TestStore } from '../support/store.ts';
import { type Account, accountFor, historyOf } from './account.ts';
import type { Entry } from './behind/ledger.ts';
import { type Nature, plannedOrder } from './order-plan.ts';

const SEED = 1;
/** Enough to have the first poisonous order among them. */
const ORDERS = 110;
const ATTEMPTS_MAX = 8;

/** A run that went well, as Redis and the system behind would hold it. */
async function goodRun() {
  const store = freshStore();
  const entries = new Map<string, Entry>();
  const writes = store.redis.pipeline();
  const planned = Array.from({ length: ORDERS }, (_, place) => plannedOrder(SEED, place));
  for (const [place, { id, nature, totalAmount: amount }] of planned.entries()) {
    const isDead = nature === 'poison' || nature === 'reject';
    const attempts = nature === 'poison' ? ATTEMPTS_MAX : 2;
    writes.hset(store.keys.order(id), {
      status: isDead ? 'dead' : 'produced',
      attempts,
      ...(!isDead && { orderNumber: place + 1 }),
    });
    writes.zadd(store.keys.index, { score: 1, member: id });
    writes.zadd(isDead ? store.keys.dead : store.keys.finished, { score: 1, member: id });
    const tokens = [place, place + 1_000];
    if (!isDead) entries.set(id, { orderNumber: place + 1, effects: 1, amount, tokens });
  }
  await writes.exec();
  const acknowledged = new Uint8Array(ORDERS).fill(1);
  const books = { seed: SEED, acknowledged, entries, attemptsMax: ATTEMPTS_MAX };
  const idOf = (nature: Nature) => planned.find((order) => order.nature === nature)?.id as string;
  return { store, books, entries, idOf, id: idOf('plain') };
}

type Run = Awaited<ReturnType<typeof goodRun>>;

const order = ({ store }: Run, id: string) => store.keys.order(id);
const set = (run: Run, id: string, fields: Record<string, string | number>) =>
  run.store.redis.hset(order(run, id), fields);

/** The system behind knows something else of an order. */
const behind = ({ entries }: Run, id: string, known: Partial<Entry>) =>
  entries.set(id, { effects: 0, amount: 0, tokens: [1], ...entries.get(id), ...known });

/** What can have gone wrong, and what it is called. */
const WRONGS: Record<string, [Account['faults'][number]['kind'], (run: Run) => unknown]> = {
  'an acknowledged order is gone': ['lost', (run) => run.store.redis.del(order(run, run.id))],
  'an order is gone from the index': [
    'lost',
    ({ store, id }) => store.redis.zrem(store.keys.index, id),
  ],
  'an order is dead that need not be': ['lost', (run) => set(run, run.id, { status: 'dead' })],
  'a produced order took no effect': ['lost', (run) => run.entries.delete(run.id)],
  'an order waits': ['stuck', (run) => set(run, run.id, { status: 'queued' })],
  'an id is left in the queue': [
    'stuck',
    ({ store, id }) => store.redis.lpush(store.keys.queue, id),
  ],
  'a lease is left': [
    'stuck',
    ({ store, id }) => store.redis.hset(store.keys.owners, { [id]: '1:1:x' }),
  ],
  'an order has another number than took effect': [
    'twice',
    (run) => set(run, run.id, { orderNumber: 9_999 }),
  ],
  'two orders have one number': [
    'twice',
    (run) => {
      Object.assign(run.entries.get(run.id) as Entry, { orderNumber: 110 });
      return set(run, run.id, { orderNumber: 110 });
    },
  ],
  'an order was handed over more often than it was claimed': [
    'twice',
    (run) => run.entries.get(run.id)?.tokens.push(5_000),
  ],
  'an order took effect that was never settled': [
    'twice',
    (run) => behind(run, run.idOf('reject'), { orderNumber: 7_000, effects: 1 }),
  ],
  'an order took effect twice': ['twice', (run) => behind(run, run.id, { effects: 2 })],
  'an order took effect for another amount': ['wrong', (run) => behind(run, run.id, { amount: 1 })],
  'the system behind has an order that nobody sent': [
    'wrong',
    (run) => behind(run, 'ord_of_nobody', { orderNumber: 7_000, effects: 1 }),
  ],
  'poison was claimed too often': [
    'wrong',
    (run) => set(run, run.idOf('poison'), { attempts: ATTEMPTS_MAX + 1 }),
  ],
  'poison was produced': ['wrong', (run) => set(run, run.idOf('poison'), { status: 'produced' })],
};

test('a run that went well has no faults', async () => {
  const { store, books } = await goodRun();
  const account = await accountFor(store, books);
  expect(account.faults).toEqual([]);
  expect(account.produced + account.dead).toBe(ORDERS);
});

test.for(Object.entries(WRONGS))('it is noticed that %s', async ([, [kind, wrong]]) => {
  const run = await goodRun();
  await wrong(run);
  const { faults } = await accountFor(run.store, run.books);
  expect(faults.map((fault) => fault.kind)).toContain(kind);
});

test('an order that was never acknowledged may be there or not, but not half', async () => {
  const run = await goodRun();
  const { store, books, id } = run;
  const place = Array.from({ length: ORDERS }).findIndex(
    (_, at) => plannedOrder(SEED, at).id === id,
  );
  books.acknowledged[place] = 0;
  expect((await accountFor(store, books)).faults).toEqual([]);
  await removeAll(store, id);
  run.entries.delete(id);
  expect((await accountFor(store, books)).faults).toEqual([]);
  await store.redis.zadd(store.keys.index, { score: 1, member: id });
  expect((await accountFor(store, books)).faults[0]).toMatchObject({ kind: 'lost', id });
  expect(await historyOf(store, books, id)).toContain('"indexedAt":"1"');
});

function removeAll({ redis, keys }: TestStore, id: string) {
  return redis.pipeline().del(keys.order(id)).zrem(keys.index, id).zrem(keys.finished, id).exec();
}
