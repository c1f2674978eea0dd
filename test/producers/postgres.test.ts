import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  batchOf,
  claimed,
  contextOf,
  freshDatabase,
  idsOf,
  producerOn,
  type TestDatabase,
  withClient,
} from '../support/database.ts';
import { NOW_MS } from '../support/orders.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});

test('an order is written once with its lines, in minor units, and gets its number', async () => {
  const lines = [
    { sku: '85123A', quantity: 6, unitAmount: 255, description: `T-LIGHT "HOLDER"\n\\ 'x' ✂` },
    { sku: '71053', quantity: 1, unitAmount: Number.MAX_SAFE_INTEGER - 1_530 },
  ];
  const submission = {
    lines,
    totalAmount: Number.MAX_SAFE_INTEGER,
    reference: '536365',
    metadata: { channel: 'web' },
  };
  const order = claimed('key', { submission, acceptedAtMs: NOW_MS + 123 });
  const answers = await producerOn(database.settings).produce([order], contextOf(7));
  expect([...answers]).toEqual([[order.id, { kind: 'produced', orderNumber: 1 }]]);
  const [row] = await database.query('select * from orders');
  expect(row).toMatchObject({
    id: order.id,
    order_number: '1',
    client: 'shop',
    customer: '17850',
    currency: 'GBP',
    total_amount: String(Number.MAX_SAFE_INTEGER),
    reference: '536365',
    metadata: { channel: 'web' },
    accepted_at: new Date(NOW_MS + 123),
    fence: '7',
  });
  const columns = 'sku, quantity, unit_amount::text as amount, description';
  expect(await database.query(`select ${columns} from order_lines order by line`)).toEqual(
    lines.map(({ sku, quantity, unitAmount, description = null }) => {
      return { sku, quantity, amount: String(unitAmount), description };
    }),
  );
});

test('the numbers of a batch follow its order, and a repeat gives the same ones', async () => {
  const { produce } = producerOn(database.settings);
  const orders = batchOf(100);
  const first = await produce(orders, contextOf(1));
  expect(idsOf(orders).map((id) => first.get(id))).toEqual(
    orders.map((_, at) => ({ kind: 'produced', orderNumber: at + 1 })),
  );
  const shuffled = [...orders.slice(50).reverse(), claimed('new'), ...orders.slice(0, 50)];
  const again = await produce(shuffled, contextOf(2));
  expect(idsOf(orders).map((id) => again.get(id))).toEqual([...first.values()]);
  expect(await database.query('select count(*) from orders')).toEqual([{ count: '101' }]);
  expect(await database.query('select line, count(*) from order_lines group by line')).toEqual([
    { line: 1, count: '101' },
  ]);
});

test('one who comes with an older token changes nothing, and is told the number that stands', async () => {
  const { produce } = producerOn(database.settings);
  const order = claimed('key');
  await produce([order], contextOf(8));
  const before = await database.query('select * from orders');
  expect([...(await produce([order], contextOf(7)))]).toEqual([
    [order.id, { kind: 'produced', orderNumber: 1 }],
  ]);
  expect(await database.query('select * from orders')).toEqual(before);
  await produce([order], contextOf(9));
  expect(await database.query('select fence from orders')).toEqual([{ fence: '9' }]);
});

test('another order under an id that is taken is rejected, and what was there stays', async () => {
  const { produce } = producerOn(database.settings);
  const kept = claimed('key');
  const other = claimed('key', { submission: { customer: 'canary' } });
  const neighbour = claimed('other');
  await produce([kept], contextOf(1));
  const before = await database.query('select * from orders');
  const answers = await produce([other, neighbour], contextOf(2));
  expect(answers.get(other.id)).toEqual({
    kind: 'rejected',
    reason: 'The database has another order under this id.',
  });
  expect(answers.get(neighbour.id)).toMatchObject({ kind: 'produced' });
  expect(await database.query('select * from orders where id = $1', [kept.id])).toEqual(before);
});

test('two drains that write the same orders at once, in different order, write each once', async () => {
  const orders = batchOf(50);
  const drains = [1, 2, 3, 4].map((token) => {
    const batch = token % 2 === 0 ? orders.toReversed() : orders;
    return producerOn(database.settings).produce(batch, contextOf(token));
  });
  const answers = await Promise.all(drains);
  // A deadlock has a victim, which may be told to come again; nobody is told another number.
  for (const { id } of orders) {
    const numbers = answers.flatMap((one) => {
      const answer = one.get(id);
      return answer?.kind === 'produced' ? [answer.orderNumber] : [];
    });
    expect(new Set(numbers).size).toBe(1);
  }
  expect(await database.query('select count(*) from orders')).toEqual([{ count: '50' }]);
  expect(await database.query('select count(*) from order_lines')).toEqual([{ count: '50' }]);
});

test('a batch that loses against another transaction is written by its second sending', async () => {
  const { settings } = database;
  const { produce } = producerOn({
    ...settings,
    options: '-c default_transaction_isolation=serializable',
  });
  const order = claimed('key');
  await produce([order], contextOf(1));
  await withClient(settings, async (query) => {
    await query('begin');
    await query('update orders set fence = 2');
    const producing = produce([order], contextOf(3));
    await waiting(query, 'Lock');
    // What it waited for is changed now: 40001 for whoever reads an older snapshot.
    await query('commit');
    expect([...(await producing).values()]).toEqual([{ kind: 'produced', orderNumber: 1 }]);
  });
  expect(await database.query('select fence from orders')).toEqual([{ fence: '3' }]);
});

test('an order that loses again and again is retried later, and says why', async () => {
  await database.query(`create function lose() returns trigger language plpgsql as $$ begin
      raise exception using errcode = '40001'; end $$;
    create trigger lose before insert on orders for each row execute function lose()`);
  const { produce } = producerOn(database.settings);
  const orders = batchOf(2);
  expect([...(await produce(orders, contextOf(1))).values()]).toEqual(
    orders.map(() => ({
      kind: 'retry',
      reason: 'The database could not write the order (40001).',
    })),
  );
});

describe('a database that is not made ready', () => {
  let empty: TestDatabase;
  beforeAll(async () => {
    empty = await freshDatabase({ isEmpty: true });
  });

  test('fails the whole batch, and the log says to migrate', async () => {
    const { produce, lines } = producerOn(empty.settings);
    await expect(produce(batchOf(2), contextOf(1))).rejects.toThrow('not-ready (42P01)');
    expect(lines.join()).toMatch(/42P01.*npm run sluice -- migrate/);
  });

  test.each([
    ['row-level security', 'alter table orders enable row level security', /42501.*BYPASSRLS/],
    ['a missing right', 'revoke insert on order_lines from :role', /42501.*lacks a right/],
  ])('fails the whole batch, and the log explains %s', async (_name, change, advice) => {
    const role = `clerk_${database.settings.database}`;
    const rights = 'select, insert, update on orders, order_lines';
    await database.query(`create role ${role} login password 'p';
      grant ${rights} to ${role}; grant usage on all sequences in schema public to ${role};
      ${change.replace(':role', role)}`);
    const { produce, lines } = producerOn({ ...database.settings, user: role, password: 'p' });
    await expect(produce(batchOf(1), contextOf(1))).rejects.toThrow('not-ready (42501)');
    expect(lines.join()).toMatch(advice);
  });
});

/** Waits until a session of this database waits for a lock, as the server sees it. */
async function waiting(
  query: (text: string) => Promise<Record<string, unknown>[]>,
  event: string,
): Promise<void> {
  const text = `select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = '${event}'`;
  while ((await query(text)).length === 0);
}
