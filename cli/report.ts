import type { DrainReport, Stats } from '../lib/contract/operator-schemas.ts';
import type { ChangedOrder, OrderDocument, OrderSummaryDocument } from '../lib/contract/schemas.ts';
import { formatMoney, grouped } from './money.ts';
import { printable, table } from './text.ts';

/** How much of a reason is shown in a list. */
const REASON_CHARACTERS_MAX = 100;

export function shortened(reason: string): string {
  if (reason.length <= REASON_CHARACTERS_MAX) return reason;
  return `${reason.slice(0, REASON_CHARACTERS_MAX).trimEnd()} …`;
}

export function orderReport(order: OrderDocument | ChangedOrder): string {
  const known: [string, string | undefined][] = [
    ['order', order.id],
    ['number', order.orderNumber === undefined ? undefined : String(order.orderNumber)],
    ['status', order.status],
    ['client', order.client],
    ['customer', order.customer],
    ['reference', order.reference],
    ['total', formatMoney(order.totalAmount, order.currency)],
    ['accepted', order.acceptedAt],
    ['produced', order.producedAt],
    ['updated', order.updatedAt],
    ['attempts', order.attempts === undefined ? undefined : String(order.attempts)],
    ['last error', order.lastError && `${order.lastError.reason} (${order.lastError.at})`],
    ['result', order.result === undefined ? undefined : JSON.stringify(order.result)],
    ...Object.entries(order.metadata ?? {}).map(([name, value]): [string, string] => [
      `metadata ${name}`,
      value,
    ]),
  ];
  const rows = known.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  // A key without orders:read is not shown the lines of an order that it cancels.
  if (order.lines === undefined) return printedTable(rows);
  const lines = order.lines.map(({ sku, quantity, unitAmount, description }) => [
    sku,
    grouped(quantity),
    formatMoney(unitAmount, order.currency),
    formatMoney(BigInt(quantity) * BigInt(unitAmount), order.currency),
    description ?? '',
  ]);
  const header = ['sku', 'quantity', 'unit price', 'amount', 'description'];
  return `${printedTable(rows)}\n${printedTable([header, ...lines])}`;
}

/** Orders as rows; a column that none of them has something for is left out. */
export function ordersReport(orders: readonly OrderSummaryDocument[]): string {
  if (orders.length === 0) return 'no orders\n';
  const columns: [string, (order: OrderSummaryDocument) => string | undefined][] = [
    ['order', ({ id }) => id],
    ['status', ({ status }) => status],
    ['client', ({ client }) => client],
    ['customer', ({ customer }) => customer],
    ['reference', ({ reference }) => reference],
    ['total', ({ totalAmount, currency }) => formatMoney(totalAmount, currency)],
    ['accepted', ({ acceptedAt }) => acceptedAt],
    ['attempts', ({ attempts }) => String(attempts)],
    ['number', ({ orderNumber: number }) => (number === undefined ? undefined : String(number))],
    ['last error', ({ lastError }) => lastError && shortened(lastError.reason)],
  ];
  const used = columns.filter(([, cellOf]) => orders.some((order) => cellOf(order)));
  const rows = orders.map((order) => used.map(([, cellOf]) => cellOf(order) ?? ''));
  return printedTable([used.map(([name]) => name), ...rows]);
}

export function drainReport({ claimed, produced, retried, dead, remaining }: DrainReport): string {
  const verb = remaining === 1 ? 'remains' : 'remain';
  const left = remaining > 0 ? `${countOf(remaining, 'order')} ${verb}` : 'none is ready now';
  return (
    `claimed ${grouped(claimed)}: produced ${grouped(produced)}, ` +
    `to be retried ${grouped(retried)}, dead ${grouped(dead)}; ${left}\n`
  );
}

export function statsReport(stats: Stats): string {
  const { queued, scheduled, producing, produced, dead, canceled, approximate } = stats;
  const counts = { queued, scheduled, producing, produced, dead, canceled };
  const rows = Object.entries(counts).map(([name, count]) => [
    name,
    approximate.includes(name) ? `about ${grouped(count)}` : grouped(count),
  ]);
  const age = stats.oldestQueuedAgeMs;
  const oldest = age === null ? 'none' : `${grouped(Math.round(age / 1000))} s`;
  return table([...rows, ['oldest queued', oldest]]);
}

/** What a program reads: one JSON document, indented, that is safe on a terminal too. */
export function json(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 2).split('\n');
  return `${lines.map(printable).join('\n')}\n`;
}

function printedTable(rows: readonly (readonly string[])[]): string {
  return table(rows.map((row) => row.map(printable)));
}

export function countOf(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
