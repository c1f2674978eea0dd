import { beforeEach, expect, test } from 'vitest';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import {
  claimed,
  contextOf,
  freshDatabase,
  producerOn,
  type TestDatabase,
} from '../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});

const idsOf = (orders: readonly ClaimedOrder[]) => orders.map(({ id }) => id);
const batchOf = (count: number) => Array.from({ length: count }, (_, at) => claimed(`key-${at}`));

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
