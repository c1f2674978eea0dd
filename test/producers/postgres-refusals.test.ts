import { beforeEach, expect, test } from 'vitest';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import {
  batchOf,
  claimed,
  contextOf,
  freshDatabase,
  idsOf,
  producerOn,
  type TestDatabase,
} from '../support/database.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';
import { kindsOf } from './claimed.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});

/** A rule of the shop's own, an order that breaks it, and what the order's reason says. */
const RULES: Record<string, { rule: string; bad: ClaimedOrder; reason: RegExp }> = {
  check: {
    rule: "alter table orders add constraint not_that_customer check (customer <> 'canary')",
    bad: claimed('bad', { submission: { customer: 'canary' } }),
    reason: /\(23514, constraint not_that_customer\)/,
  },
  unique: {
    rule: `insert into orders (id, client, customer, currency, total_amount, reference,
          accepted_at, fence, fingerprint) values ('x', 'a', 'b', 'EUR', 1, 'canary', now(), 1, 'x');
        create unique index one_reference on orders (reference)`,
    bad: claimed('bad', { submission: { reference: 'canary' } }),
    reason: /\(23505, constraint one_reference\)/,
  },
  'foreign key': {
    rule: `create table products (sku text primary key); insert into products values ('85123A');
        alter table order_lines add constraint known_sku foreign key (sku) references products`,
    bad: claimed('bad', {
      submission: { lines: [{ sku: 'canary', quantity: 1, unitAmount: 1_530 }] },
    }),
    reason: /\(23503, constraint known_sku\)/,
  },
  'foreign key that is checked at the end': {
    rule: `create table products (sku text primary key); insert into products values ('85123A');
        alter table order_lines add constraint known_sku foreign key (sku) references products
          deferrable initially deferred`,
    bad: claimed('bad', {
      submission: { lines: [{ sku: 'canary', quantity: 1, unitAmount: 1_530 }] },
    }),
    reason: /\(23503, constraint known_sku\)/,
  },
  type: {
    rule: 'alter table orders alter customer type varchar(5)',
    bad: claimed('bad', { submission: { customer: 'canary' } }),
    reason: /\(22001\)/,
  },
  trigger: {
    rule: `create function refuse() returns trigger language plpgsql as $$ begin
          if new.customer = 'canary' then raise exception 'no %', new.customer; end if;
          return new; end $$;
        create trigger refuse before insert on orders for each row execute function refuse()`,
    bad: claimed('bad', { submission: { customer: 'canary' } }),
    reason: /\(P0001\)/,
  },
};

test.each(Object.entries(RULES))(
  'an order that is refused by a %s is rejected alone, with a reason that tells no value',
  async (name, { rule, bad, reason }) => {
    await database.query(rule);
    const good = batchOf(20);
    const { produce } = producerOn(database.settings);
    const answers = await produce([...good.slice(0, 7), bad, ...good.slice(7)], contextOf(1));
    const refusal = answers.get(bad.id);
    expect(refusal).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) });
    expect(JSON.stringify(refusal), name).not.toMatch(/canary|insert|Key/);
    const kinds = good.map(({ id }) => answers.get(id)?.kind);
    expect(kinds).toEqual(good.map(() => 'produced'));
    const [row] = await database.query(
      'select count(*) filter (where id = any ($1)) as good, count(*) filter (where id = $2) as bad from orders',
      [idsOf(good), bad.id],
    );
    expect(row).toEqual({ good: '20', bad: '0' });
  },
);

test('where every second order is refused, the others are written all the same', async () => {
  await database.query("alter table orders add constraint odd check (customer <> 'canary')");
  const orders = Array.from({ length: 100 }, (_, at) =>
    claimed(`key-${at}`, at % 2 === 0 ? {} : { submission: { customer: 'canary' } }),
  );
  const answers = await producerOn(database.settings).produce(orders, contextOf(1));
  expect(orders.map(({ id }) => answers.get(id)?.kind)).toEqual(
    orders.map((_, at) => (at % 2 === 0 ? 'produced' : 'rejected')),
  );
  expect(await database.query('select count(*) from orders')).toEqual([{ count: '50' }]);
});

/** Refuses each order of the customer canary with a code, as a shop's own trigger does. */
const raising = (
  code: string,
) => `create function refuse() returns trigger language plpgsql as $$ begin
    if new.customer = 'canary' then raise exception 'no %', new.customer using errcode = '${code}'; end if;
    return new; end $$;
  create trigger refuse before insert on orders for each row execute function refuse()`;
const bad = (key: string, client = 'shop') =>
  claimed(key, { client, submission: { customer: 'canary' } });

test.each(['ORD01', '45000', '99ABC', 'P0001', 'P0002', '22012', '23514', '38000', '21000'])(
  'a trigger that raises %s for an order’s data rejects that order, and its neighbours are written',
  async (code) => {
    await database.query(raising(code));
    const orders = [...batchOf(10), bad('bad'), claimed('last')];
    const { produce } = producerOn(database.settings);
    const answers = await produce(orders, contextOf(1));
    const refusal = answers.get(bad('bad').id);
    expect(refusal).toEqual({
      kind: 'rejected',
      reason: `The database refused the order (${code}).`,
    });
    expect(kindsOf(answers)).toEqual({ produced: 11, rejected: 1 });
  },
);

test.each(['42P01', '53100', 'XX000'])(
  'an order that meets trouble of the server by itself (%s) is retried by itself, with the code',
  async (code) => {
    await database.query(raising(code));
    const { produce } = producerOn(database.settings);
    const answers = await produce([...batchOf(10), bad('bad')], contextOf(1));
    expect(answers.get(bad('bad').id)).toEqual({
      kind: 'retry',
      reason: `The database could not write the order (${code}).`,
    });
    expect(kindsOf(answers)).toEqual({ produced: 10, retry: 1 });
  },
);

test('a column that no order can fill keeps all orders waiting, uncharged, and all are written once it is gone', async () => {
  await database.query('alter table orders add warehouse text not null');
  const store = freshStore();
  const ids = await submitOrders(store, 30);
  const clock = steppedClock(NOW_MS + 1_000);
  const { produce, lines } = producerOn(database.settings);
  const producer: Producer = (orders, { token }) => produce(orders, contextOf(token));
  for (let drain = 0; drain < 5; drain += 1) {
    expect(await runDrain(store, { producer, clock })).toMatchObject({ dead: 0, retried: 0 });
    clock.step(60_000);
  }
  expect(lines.join()).toMatch(/database-refuses-all.*23502.*warehouse/);
  expect(lines.join()).not.toMatch(/17850|insert/);
  await database.query('alter table orders drop warehouse');
  expect(await runDrain(store, { producer, clock })).toMatchObject({ produced: 30 });
  expect(await readOrder(store, ids[0] as string, NOW_MS)).toMatchObject({ attempts: 1 });
});

test('a column without a value is named where a single order lacks it', async () => {
  await database.query('alter table orders alter reference set not null');
  const orders = batchOf(8).map((order) => ({ ...order, reference: 'r' }));
  const { produce } = producerOn(database.settings);
  const answers = await produce([...orders, claimed('bare')], contextOf(1));
  expect(answers.get(claimed('bare').id)).toEqual({
    kind: 'rejected',
    reason: 'The database refused the order (23502, column reference).',
  });
});

test('the same refusal for every order stops after a few; one order that is taken shows whose fault it is', async () => {
  await database.query(raising('ORD01'));
  const { produce, lines } = producerOn(database.settings);
  const refused = Array.from({ length: 40 }, (_, at) => bad(`bad-${at}`));
  expect(kindsOf(await produce(refused, contextOf(1)))).toEqual({ retry: 5, untried: 35 });
  expect(lines.join()).toMatch(/database-refuses-all.*ORD01/);
  const beside = [...refused, claimed('good', { client: 'other' })];
  expect(kindsOf(await produce(beside, contextOf(2)))).toEqual({ rejected: 40, produced: 1 });
  expect(kindsOf(await produce([bad('one')], contextOf(3)))).toEqual({ rejected: 1 });
});
