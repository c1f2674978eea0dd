import type { Statement } from './connection.ts';

/**
 * Empties the rows of orders and of their lines. The rows stay, with the order's id, number, client and
 * times: tables of your own may refer to them, a drain that comes late finds another order there, and the
 * drain's user needs no right to delete. `XXX` is ISO 4217's code for no currency. `$1` are the ids.
 */
const ERASE_ORDERS = `
with lines as (
  update order_lines
  set sku = '', description = null, quantity = 1, unit_amount = 0
  where order_id = any($1::text[])
)
update orders
set customer = '', currency = 'XXX', total_amount = 0, reference = null, metadata = null,
  fingerprint = ''
where id = any($1::text[])`;

/** The statement that erases what orders held. It may be run again, also for orders that are not there. */
export function eraseOrders(ids: readonly string[]): Statement {
  return { text: ERASE_ORDERS, values: [ids] };
}
