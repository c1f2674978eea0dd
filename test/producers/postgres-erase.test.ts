import { beforeEach, expect, test } from 'vitest';
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

const submission = { customer: 'canary', reference: 'canary', metadata: { a: 'canary' } };

test('of an erased order its number, client and times stay, and no other order changes', async () => {
  const { produce } = producerOn(database.settings);
  const [gone, other] = [claimed('gone', { submission }), claimed('other')];
  await produce([gone, other], contextOf(1));
  const others = () =>
    database.query(
      `select * from orders join order_lines on id = order_id where id = '${other.id}'`,
    );
  const before = await others();
  // An order that was never produced is erased as well.
  await produce.erase?.([gone.id, claimed('never').id], contextOf(2));
  await produce.erase?.([gone.id], contextOf(3));
  const rows = await database.query(`select * from orders where id = '${gone.id}'`);
  expect(rows).toMatchObject([
    { order_number: '1', client: 'shop', customer: '', currency: 'XXX', total_amount: '0' },
  ]);
  expect(JSON.stringify(rows)).not.toContain('canary');
  const lines = await database.query(`select * from order_lines where order_id = '${gone.id}'`);
  expect(lines).toMatchObject([{ sku: '', description: null, quantity: 1, unit_amount: '0' }]);
  expect(await others()).toEqual(before);
});

test('a drain that comes late brings nothing back of an erased order', async () => {
  const { produce } = producerOn(database.settings);
  const order = claimed('gone', { submission });
  await produce([order], contextOf(1));
  await produce.erase?.([order.id], contextOf(2));
  const answers = await produce([order], contextOf(1));
  expect(answers.get(order.id)).toMatchObject({ kind: 'rejected' });
  expect(await database.query('select customer from orders')).toEqual([{ customer: '' }]);
  expect(await database.query('select sku from order_lines')).toEqual([{ sku: '' }]);
});

test('a database that cannot be reached is told, so that it is asked again', async () => {
  const { produce } = producerOn({ ...database.settings, port: 1 });
  await expect(produce.erase?.(['ord_x'], contextOf(1))).rejects.toThrow();
});
