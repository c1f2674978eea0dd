import { formatMoney } from '../../../cli/money.ts';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import { usePage } from '../live.ts';
import { OrderLink, State, stateOf } from '../parts/small.tsx';
import { type Column, Table } from '../parts/table.tsx';
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
  const canSelect =
    selected !== undefined && onSelect !== undefined && live?.readOnly === undefined;
  const pick: Column<OrderSummaryDocument> = {
    name: 'Selected',
    class: 'pick',
    cell: ({ id }) => (
      <input
        type="checkbox"
        aria-label={`Select ${id}`}
        checked={selected?.has(id) ?? false}
        onChange={() => onSelect?.(toggled(selected, id))}
      />
    ),
  };
  return (
    <div class="orders">
      <Table
        rows={orders}
        columns={[...(canSelect ? [pick] : []), ...columnsFor(live?.detail?.body.attemptsMax)]}
        row={({ id }) => ({ 'data-row': id, class: selected?.has(id) ? 'is-selected' : '' })}
      />
    </div>
  );
}

function columnsFor(attemptsMax: number | undefined): readonly Column<OrderSummaryDocument>[] {
  return [
    { name: 'Order', cell: ({ id }) => <OrderLink id={id} /> },
    {
      name: 'Key, reference',
      class: 'theirs',
      cell: ({ idempotencyKey, reference }) => (
        <span class="clamp">
          {idempotencyKey}
          {reference !== undefined && <span class="soft"> · {reference}</span>}
        </span>
      ),
    },
    { name: 'Client', class: 'theirs', cell: ({ client }) => client ?? '–' },
    {
      name: 'Customer',
      class: 'theirs',
      cell: ({ customer }) => <span class="clamp">{customer}</span>,
    },
    {
      name: 'Total',
      class: 'number',
      cell: ({ totalAmount, currency }) => formatMoney(totalAmount, currency),
    },
    {
      name: 'State',
      class: 'nowrap',
      cell: (order) => (
        <>
          <State of={stateOf(order)} />
          {order.nextAttemptAt && stateOf(order) === 'retry' && (
            <span class="soft">
              {' '}
              <Time at={order.nextAttemptAt} />
            </span>
          )}
        </>
      ),
    },
    {
      name: 'Attempts',
      class: 'number',
      cell: ({ attempts }) => (
        <>
          {attempts}
          {attemptsMax !== undefined && <span class="soft">/{attemptsMax}</span>}
        </>
      ),
    },
    { name: 'Accepted', class: 'nowrap', cell: ({ acceptedAt }) => <Time at={acceptedAt} /> },
    {
      name: 'Last reason',
      class: 'theirs reason',
      cell: ({ lastError }) => lastError && <span class="clamp">{lastError.reason}</span>,
    },
  ];
}

function toggled(ids: ReadonlySet<string> | undefined, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}
