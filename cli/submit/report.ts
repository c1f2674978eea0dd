import { formatMoney, grouped } from '../money.ts';
import { countOf, json } from '../report.ts';
import { printable, table } from '../text.ts';
import { ROLES, type Role, unusedIn } from './columns.ts';
import type { CsvDescription } from './csv.ts';
import { DELIMITERS } from './dialect.ts';
import type { Look } from './look.ts';
import { acceptedOf, doneOf, type Tally } from './send.ts';
import type { Kept } from './sheet.ts';
import type { Source } from './source.ts';
import type { Understood } from './understood.ts';

/** How many kept orders are listed on the terminal, and how much of each reason. */
const KEPT_SHOWN_MAX = 10;
const REASON_CHARACTERS_MAX = 240;
const NAMES_SHOWN_MAX = 12;

/** How a file was understood, for people. */
export function lookReport(source: Source, { csv }: Understood, look: Look): string {
  const rows = [
    ['file', `${source.name}: ${dialectText(source, csv)}`],
    ...(csv ? columnRows(csv) : []),
    ['orders', `${countOf(look.clear, 'order')} to send, ${countOf(look.lines, 'line')}`],
    ['total', totalsText(look.totals)],
    ['doubtful', countOf(look.doubtful, 'order')],
    ['rejected', countOf(look.rejected, 'order')],
  ];
  return table(rows.map((cells) => cells.map(printable))) + firstOrders(look);
}

function dialectText(
  { encoding, hasByteOrderMark }: Source,
  csv: CsvDescription | undefined,
): string {
  const text = `${encoding.toUpperCase()}${hasByteOrderMark ? ' with a byte order mark' : ''}`;
  if (!csv) return `NDJSON, ${text}`;
  const { delimiter, quoting, lineEnds } = csv.dialect;
  const quotes = quoting === 'double' ? 'cells may be quoted' : 'nothing is quoted';
  const decimals = [...new Set([...csv.decimals.values()].filter(Boolean))].join(' and ');
  const numbers = decimals === '' ? 'decimal sign unknown' : `decimal sign ${decimals}`;
  return `CSV, ${delimiterName(delimiter)}, ${quotes}, ${text}, ${numbers}, lines end in ${lineEnds}`;
}

function delimiterName(delimiter: string): string {
  return Object.entries(DELIMITERS).find(([sign]) => sign === delimiter)?.[1] ?? delimiter;
}

function columnRows({ layout, plan, skipped }: CsvDescription): string[][] {
  const named = (positions: readonly number[]) =>
    positions.map((at) => layout.header[at]).join(' or ');
  const used = (Object.keys(ROLES) as Role[])
    .filter((role) => layout.positions[role].length > 0)
    .map((role) => `${ROLES[role]}: ${named(layout.positions[role])}`);
  const charges = layout.charges.map(({ kind, positions }) => `${kind}: ${named(positions)}`);
  const unused = unusedIn(layout).map((at) => layout.header[at]);
  const hidden = unused.length - NAMES_SHOWN_MAX;
  const others = hidden > 0 ? `, and ${hidden} more` : '';
  return [
    ...(plan.profile
      ? [['profile', `${plan.profile.name}${plan.isDetected ? ' (recognized)' : ''}`]]
      : []),
    ['columns', [...used, ...charges].join(', ')],
    ...(unused.length > 0
      ? [['not used', unused.slice(0, NAMES_SHOWN_MAX).join(', ') + others]]
      : []),
    ...(skipped > 0
      ? [['left out', `${countOf(skipped, 'row')} that repeat the header or are a footer`]]
      : []),
  ];
}

function totalsText(totals: ReadonlyMap<string, bigint>): string {
  return (
    [...totals].map(([currency, units]) => formatMoney(units, currency)).join(', ') || 'nothing'
  );
}

function firstOrders({ first }: Look): string {
  if (first.length === 0) return '';
  const orders = first.map(({ idempotencyKey, order }) =>
    JSON.stringify({ idempotencyKey, ...order }),
  );
  return `\nThe first orders, as they would be sent:\n${orders.map(printable).join('\n')}\n`;
}

/** Lists the first orders that are not sent, and where to find all of them. */
export function keptReport(
  listed: readonly Kept[],
  count: number,
  rejectsFile: string | undefined,
): string {
  if (count === 0) return '';
  const rows = listed
    .slice(0, KEPT_SHOWN_MAX)
    .map(({ row, key, fate, reason }) =>
      [String(row), key, fate, shortened(reason)].map(printable),
    );
  const hidden = count - rows.length;
  const others = hidden > 0 ? `... and ${grouped(hidden)} more. ` : '';
  const where = rejectsFile
    ? `All of them are in ${printable(rejectsFile)}, to be fixed and submitted`
    : '--rejects FILE writes them all';
  return `\n${table([['row', 'key', '', 'reason'], ...rows])}${others}${where}.\n`;
}

function shortened(reason: string): string {
  if (reason.length <= REASON_CHARACTERS_MAX) return reason;
  return `${reason.slice(0, REASON_CHARACTERS_MAX).trimEnd()} …`;
}

/** The outcome of a submit, for people: what was accepted, what was not, what to do next. */
export function submitReport(look: Look, tally: Tally): string {
  const { accepted, replayed, replaced, lines, totals, different, rejected, orders } = tally;
  const left = orders - doneOf(tally);
  const rows = [
    ['accepted', `${countOf(acceptedOf(tally), 'order')}, ${countOf(lines, 'line')}`],
    ['  new', grouped(accepted)],
    ...(replaced > 0 ? [['  replaced', grouped(replaced)]] : []),
    ['  replayed', `${grouped(replayed)} (accepted before: no second order)`],
    ['  total', printable(totalsText(totals))],
    ['rejected', countOf(look.rejected + rejected, 'order')],
    ...(different > 0
      ? [['different', `${countOf(different, 'order')}, accepted before with other content`]]
      : []),
    ...(look.doubtful > 0 ? [['doubtful', `${countOf(look.doubtful, 'order')}, not sent`]] : []),
    ...(left > 0
      ? [['left', `${countOf(left, 'order')} (not submitted, or the answer was lost)`]]
      : []),
  ];
  return table(rows) + nextStep(tally);
}

function nextStep({ end }: Tally): string {
  if (end.kind === 'finished') return '';
  const why = end.kind === 'stopped' ? 'Interrupted.' : 'Ended before everything was done.';
  return `\n${why} Run the same command again to continue: it makes no order twice.\n`;
}

/** Everything as JSON. Totals are strings in minor units, as they may exceed a safe integer. */
export function submitJson(
  source: Source,
  understood: Understood,
  look: Look,
  listed: readonly Kept[],
  sent: Tally | 'dry-run' | 'refused',
): string {
  const kept = { rejected: look.rejected, doubtful: look.doubtful };
  const rejects = listed.map(({ row, key, fate, reason }) => ({ row, key, fate, reason }));
  if (typeof sent === 'string') {
    return json({
      end: sent,
      orders: look.orders,
      ...kept,
      look: lookJson(source, understood, look),
      rejects,
    });
  }
  return json({
    end: sent.end.kind,
    orders: look.orders,
    // As in the text report: new orders, and those accepted before or replaced.
    accepted: acceptedOf(sent),
    new: sent.accepted,
    replaced: sent.replaced,
    replayed: sent.replayed,
    lines: sent.lines,
    totalAmounts: amountsOf(sent.totals),
    ...kept,
    rejected: look.rejected + sent.rejected,
    different: sent.different,
    look: lookJson(source, understood, look),
    rejects,
  });
}

function lookJson(source: Source, { csv }: Understood, look: Look): unknown {
  const { name, encoding, hasByteOrderMark } = source;
  return {
    file: name,
    format: csv ? 'csv' : 'ndjson',
    encoding,
    hasByteOrderMark,
    ...(csv && csvJson(csv)),
    orders: look.clear,
    lines: look.lines,
    totalAmounts: amountsOf(look.totals),
    first: look.first.map(({ idempotencyKey, order }) => ({ idempotencyKey, ...order })),
  };
}

function csvJson({ dialect, plan, layout, decimals, skipped }: CsvDescription): object {
  const names = (positions: readonly number[]) => positions.map((at) => layout.header[at] ?? '');
  const roles = Object.entries(layout.positions).map(([role, positions]) => [
    role,
    names(positions),
  ]);
  const charges = layout.charges.map(({ kind, positions }) => [kind, names(positions)]);
  const decimal = [...decimals].map(([at, sign]) => [layout.header[at], sign ?? null]);
  return {
    ...dialect,
    profile: plan.profile?.name ?? null,
    columns: Object.fromEntries(roles.filter(([, found]) => (found?.length ?? 0) > 0)),
    charges: charges.map(([kind, columns]) => ({ kind, columns })),
    unused: names(unusedIn(layout)),
    decimals: Object.fromEntries(decimal),
    skipped,
  };
}

function amountsOf(totals: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...totals].map(([code, units]) => [code, `${units}`]));
}
