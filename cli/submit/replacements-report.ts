import { isDeepStrictEqual } from 'node:util';
import type { NewOrder } from '../../lib/client/client.ts';
import { formatMoney, grouped } from '../money.ts';
import { countOf } from '../report.ts';
import { printable, table } from '../text.ts';
import type { Replacement, Replacements } from './replacements.ts';

/** How many lines are shown that an order loses, and how many that it gains. */
const LINES_SHOWN_MAX = 5;

/** What would be replaced: how many orders, and what changes in the first ones. */
export function replacementsReport({ ids, first }: Replacements): string {
  const [are, each] = ids.size === 1 ? ['is', 'It waits'] : ['are', 'Each waits'];
  const hidden = ids.size - first.length;
  return (
    `\n${countOf(ids.size, 'order')} ${are} there already with other content and would be replaced. ` +
    `${each} or was canceled; none has begun to be produced.\n` +
    first.map(changesIn).join('') +
    (hidden > 0 ? `\n... and ${grouped(hidden)} more\n` : '')
  );
}

function changesIn({ order, submission }: Replacement): string {
  const next = submission.order as unknown as NewOrder;
  const total = next.lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0);
  const changes: [string, string, string][] = [
    ['customer', order.customer, next.customer],
    ['reference', order.reference ?? 'none', next.reference ?? 'none'],
    ['produceAt', instant(order.produceAt), instant(next.produceAt)],
    ['metadata', JSON.stringify(order.metadata ?? {}), JSON.stringify(next.metadata ?? {})],
  ];
  const rows = [
    ...changes.filter(([, now, then]) => now !== then),
    [
      'total',
      formatMoney(order.totalAmount, order.currency),
      formatMoney(total, next.currency),
    ] as const,
    ['lines', grouped(order.lines.length), grouped(next.lines.length)] as const,
  ].map(([name, now, then]) => [`  ${name}`, now === then ? now : `${now} -> ${then}`]);
  const lines = [
    ...linesOnlyIn(order, next).map((line) => ['  -', line]),
    ...linesOnlyIn(next, order).map((line) => ['  +', line]),
  ];
  const heading = `${submission.idempotencyKey} (${order.id}, ${order.status})`;
  const all = [...rows, ...lines].map((cells) => cells.map(printable));
  return `\n${printable(heading)}\n${table(all)}`;
}

function instant(text: string | undefined): string {
  return text === undefined ? 'none' : new Date(text).toISOString();
}

function linesOnlyIn(one: Pick<NewOrder, 'currency' | 'lines'>, other: typeof one): string[] {
  const left = [...other.lines];
  const only = one.lines.filter((line) => {
    const at = left.findIndex((same) => isDeepStrictEqual({ ...same }, { ...line }));
    const isSame = at !== -1 && one.currency === other.currency;
    if (isSame) left.splice(at, 1);
    return !isSame;
  });
  const shown = only.slice(0, LINES_SHOWN_MAX).map(({ sku, quantity, unitAmount, description }) => {
    const what = description === undefined ? sku : `${sku} ${description}`;
    return `${grouped(quantity)} x ${what} at ${formatMoney(unitAmount, one.currency)}`;
  });
  const hidden = only.length - shown.length;
  return hidden > 0 ? [...shown, `and ${grouped(hidden)} more`] : shown;
}
