import { formatMoney } from '../../../cli/money.ts';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import { usePage } from '../live.ts';
import { OrderLink, State, stateOf } from '../parts/small.tsx';
import { Time } from '../parts/time.tsx';

/** Orders in rows; j and k move among them, x selects one. */
export function OrderTable(props: {
  readonly orders: readonly OrderSummaryDocument[];
  /** Left out where nothing can be selected. */
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (ids: ReadonlySet<string>) => void;
}) {
  const { orders, selected, onSelect } = props;
  const { live } = usePage();
  const attemptsMax = live?.detail?.body.attemptsMax;
  const canSelect =
    selected !== undefined && onSelect !== undefined && live?.readOnly === undefined;
  return (
    <div class="table">
      <table class="orders">
        <thead>
          <tr>
            {canSelect && (
              <th scope="col">
                <span class="unseen">Selected</span>
              </th>
            )}
            <th scope="col">Order</th>
            <th scope="col">Key and reference</th>
            <th scope="col">Client</th>
            <th scope="col">Customer</th>
            <th scope="col" class="number">
              Total
            </th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">Accepted</th>
            <th scope="col">Last reason</th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr
              key={order.id}
              data-row={order.id}
              class={selected?.has(order.id) ? 'is-selected' : ''}
            >
              {canSelect && (
                <td class="pick">
                  <input
                    type="checkbox"
                    aria-label={`Select ${order.id}`}
                    checked={selected.has(order.id)}
                    onChange={() => onSelect(toggled(selected, order.id))}
                  />
                </td>
              )}
              <td data-name="Order">
                <OrderLink id={order.id} />
              </td>
              <td data-name="Key, reference" class="theirs">
                <span class="clamp">
                  {order.idempotencyKey}
                  {order.reference !== undefined && <span class="soft"> · {order.reference}</span>}
                </span>
              </td>
              <td data-name="Client" class="theirs">
                {order.client ?? '–'}
              </td>
              <td data-name="Customer" class="theirs">
                <span class="clamp">{order.customer}</span>
              </td>
              <td data-name="Total" class="number">
                {formatMoney(order.totalAmount, order.currency)}
              </td>
              <td data-name="State">
                <State of={stateOf(order)} />
                {order.nextAttemptAt && stateOf(order) === 'retry' && (
                  <span class="soft">
                    {' '}
                    <Time at={order.nextAttemptAt} />
                  </span>
                )}
              </td>
              <td data-name="Attempts" class="number">
                {order.attempts}
                {attemptsMax !== undefined && <span class="soft">/{attemptsMax}</span>}
              </td>
              <td data-name="Accepted" class="nowrap">
                <Time at={order.acceptedAt} />
              </td>
              <td data-name="Last reason" class="theirs reason">
                {order.lastError && <span class="clamp">{order.lastError.reason}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}
