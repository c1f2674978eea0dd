import type { Statement } from './connection.ts';

/**
 * Removes the lines of orders and empties their rows. A row stays, with the order's id, number, client and
 * times: tables of your own may refer to it, and a drain that comes late finds another order there.
 * `XXX` is ISO 4217's code for no currency. `$1` are the ids.
 */
const ERASE_ORDERS = `
with lines as (
  delete from order_lines where order_id = any($1::text[])
)
update orders
set customer = '', currency = 'XXX', total_amount = 0, reference = null, metadata = null,
  fingerprint = ''
where id = any($1::text[])`;

/** The statement that erases what orders held. It may be run again, also for orders that are not there. */
export function eraseOrders(ids: readonly string[]): Statement {
  return { text: ERASE_ORDERS, values: [ids] };
}
