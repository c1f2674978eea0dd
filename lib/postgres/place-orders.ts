import { withContent } from '../orders/content.ts';
import type { Order } from '../orders/order.ts';
import type { Row, Statement } from './connection.ts';

/**
 * One statement for a whole batch, so that all of it is written or nothing. A repeat of an order
 * finds its row and gets its number; what was written first stays as it is. All that a later claim
 * changes is the fence, and one that has lost its lease cannot take that back.
 *
 * `$1` is the batch as JSON, `$2` its fencing token.
 */
const PLACE_ORDERS = `
with batch as (
  select * from rows from (json_to_recordset($1::json) as (
    id text, client text, customer text, currency text, total_amount bigint, reference text,
    metadata jsonb, accepted_at_ms bigint, fingerprint text, lines json
  )) with ordinality as b (
    id, client, customer, currency, total_amount, reference,
    metadata, accepted_at_ms, fingerprint, lines, place
  )
), placed as (
  insert into orders as stored (
    id, client, customer, currency, total_amount, reference, metadata, accepted_at, fence, fingerprint
  )
  select id, client, customer, currency, total_amount, reference, metadata,
    timestamptz 'epoch' + accepted_at_ms * interval '1 millisecond', $2::bigint, fingerprint
  from batch
  order by place
  on conflict (id) do update set fence = case
    when stored.fingerprint = excluded.fingerprint then greatest(stored.fence, excluded.fence)
    else stored.fence
  end
  returning id, order_number, fingerprint
), detailed as (
  insert into order_lines (order_id, line, sku, description, quantity, unit_amount)
  select b.id, l.line, l.sku, l.description, l.quantity, l.unit_amount
  from batch b
  join placed p on p.id = b.id and p.fingerprint = b.fingerprint
  cross join lateral rows from (json_to_recordset(b.lines) as (
    sku text, description text, quantity integer, "unitAmount" bigint
  )) with ordinality as l (sku, description, quantity, unit_amount, line)
  on conflict (order_id, line) do nothing
)
select p.id, p.order_number, p.fingerprint = b.fingerprint as is_same
from batch b
join placed p on p.id = b.id`;

/** The columns that orders and their lines bring values for, or that have some by themselves. */
export const WRITTEN_COLUMNS: ReadonlySet<string> = new Set(
  (
    'id client customer currency total_amount reference metadata accepted_at fence fingerprint ' +
    'produced_at order_number order_id line sku description quantity unit_amount'
  ).split(' '),
);

/** What the database has of an order once it is placed. */
export interface PlacedOrder {
  readonly id: string;
  readonly orderNumber: number;
  /** Whether it is this order; if not, one with another content had the id before. */
  readonly isSame: boolean;
}

/**
 * The statement that places orders.
 *
 * @param orders  no two with the same id
 * @param token   the fencing token of their claim
 */
export function placeOrders(orders: readonly Order[], token: number): Statement {
  const batch = orders.map((order) => ({
    id: order.id,
    client: order.client,
    customer: order.customer,
    currency: order.currency,
    total_amount: order.totalAmount,
    reference: order.reference,
    metadata: order.metadata,
    accepted_at_ms: order.acceptedAtMs,
    fingerprint: withContent(order).fingerprint,
    lines: order.lines,
  }));
  return { text: PLACE_ORDERS, values: [JSON.stringify(batch), token] };
}

/** What the statement answered. A bigint comes as text, as not each of them is a number. */
export function placedOrders(rows: readonly Row[]): PlacedOrder[] {
  return rows.map(({ id, order_number: orderNumber, is_same: isSame }) => ({
    id: String(id),
    orderNumber: Number(orderNumber),
    isSame: isSame === true,
  }));
}
