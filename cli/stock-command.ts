import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Client } from '../lib/client/client.ts';
import { NotFound } from '../lib/client/errors.ts';
import type { StockItem } from '../lib/client/stock-calls.ts';
import type { StockDocument } from '../lib/contract/stock-schemas.ts';
import { canAsk, isAgreed } from './ask.ts';
import { CommandFailure } from './failure.ts';
import type { OutputFlags } from './order-commands.ts';
import { countOf, json } from './report.ts';
import { printable, table } from './text.ts';

export interface StockFlags extends OutputFlags {
  readonly yes?: true;
  /** What one customer may have; `none` ends a limit. */
  readonly perCustomer?: string;
}

/** The API takes so many changes at once. */
const CHANGES_MAX = 500;
/** The look shows so many changes. */
const SHOWN_MAX = 20;
const FILE_RULE = 'a first line with sku and available, perhaps perCustomerMax, and whole numbers';

/** `stock set FILE.csv | SKU N`, `stock add SKU N`: shows what would change, and changes it if agreed. */
export async function changeStockCommand(
  client: Client,
  kind: 'set' | 'add',
  { what, units }: { readonly what: string; readonly units?: string | undefined },
  flags: StockFlags,
): Promise<void> {
  const items =
    units === undefined && kind === 'set'
      ? itemsIn(await readFile(what, 'utf8').catch(() => fail(`${what} cannot be read.`)), what)
      : [itemOf(kind, what, units, flags.perCustomer)];
  if (!flags.json) process.stdout.write(await lookAt(client, items));
  await agreed(flags, `Change the stock of ${countOf(items.length, 'SKU')}?`);
  const results = [];
  for (let at = 0; at < items.length; at += CHANGES_MAX) {
    results.push(...(await client.changeStock(items.slice(at, at + CHANGES_MAX))));
  }
  const refused = results.flatMap((result, at) =>
    'problem' in result ? [`${items[at]?.sku}: ${result.problem.detail}`] : [],
  );
  const changed = results.length - refused.length;
  process.stdout.write(
    flags.json ? json({ results }) : `changed the stock of ${countOf(changed, 'SKU')}\n`,
  );
  if (refused.length > 0) throw new CommandFailure(refused.map(printable).join('\n'));
}

/** `stock list`: prints the stock of all SKUs, or of the scarcest. */
export async function listStockCommand(
  client: Client,
  flags: OutputFlags & { readonly scarcest?: number },
): Promise<void> {
  if (flags.scarcest !== undefined) {
    const { stocks } = await client.stockPage({ sort: 'available', limit: flags.scarcest });
    process.stdout.write(flags.json ? stocks.map(json).join('') : stockTable(stocks));
    return;
  }
  const stocks: StockDocument[] = [];
  for await (const stock of client.stocks()) stocks.push(stock);
  process.stdout.write(flags.json ? stocks.map(json).join('') : stockTable(stocks));
}

/** `stock untrack SKU`: shows the stock, and tracks it no longer if that is agreed. */
export async function untrackStockCommand(
  client: Client,
  sku: string,
  flags: StockFlags,
): Promise<void> {
  const stock = await stockOf(client, sku);
  if (stock === undefined) throw new CommandFailure(`${printable(sku)} is not tracked.`);
  if (!flags.json) {
    process.stdout.write(`${stockTable([stock])}\nOrders for it are no longer limited.\n`);
  }
  await agreed(flags, `Track ${printable(sku)} no longer?`);
  await client.untrackStock(sku);
  process.stdout.write(
    flags.json ? json({ sku, isTracked: false }) : `${printable(sku)} is not tracked any more\n`,
  );
}

async function agreed(flags: StockFlags, question: string): Promise<void> {
  if (flags.yes) return;
  if (!canAsk(flags)) throw new CommandFailure('Nothing was changed: add --yes to change it.');
  if (!(await isAgreed(question))) throw new CommandFailure('Nothing was changed.');
}

/** Rows of `sku`, `available` and perhaps `perCustomerMax`, in any order of columns. */
function itemsIn(text: string, name: string): StockItem[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch {
    throw new CommandFailure(`${name} is no CSV: it must have ${FILE_RULE}.`);
  }
  const items = rows.map((row, at) => {
    const { sku = '', available, perCustomerMax: limit = '' } = row;
    const [units, most] = [wholeIn(available), limit === '' ? undefined : wholeIn(limit)];
    if (sku === '' || units === undefined || (limit !== '' && !most)) {
      throw new CommandFailure(`${name}, row ${at + 2}: it must have ${FILE_RULE}.`);
    }
    return { sku, available: units, ...(most !== undefined && { perCustomerMax: most }) };
  });
  if (items.length === 0) throw new CommandFailure(`${name} has no rows.`);
  const twice = items.find(({ sku }, at) => items.findIndex((other) => other.sku === sku) !== at);
  if (twice) throw new CommandFailure(`${name} has ${printable(twice.sku)} twice.`);
  return items;
}

function itemOf(
  kind: 'set' | 'add',
  sku: string,
  units: string | undefined,
  limit: string | undefined,
): StockItem {
  const count = wholeIn(units);
  const most = limit === undefined || limit === 'none' ? null : wholeIn(limit);
  if (count === undefined || (kind === 'set' && count < 0)) {
    throw new CommandFailure(`Say how many: stock ${kind} SKU N, with a whole number.`);
  }
  if (most === undefined || most === 0)
    throw new CommandFailure('--per-customer takes a number or none.');
  return {
    ...{ sku, ...(kind === 'set' ? { available: count } : { add: count }) },
    ...(limit !== undefined && { perCustomerMax: most }),
  };
}

function wholeIn(text: string | undefined): number | undefined {
  return /^-?\d{1,10}$/.test(text ?? '') ? Number(text) : undefined;
}

/** What is there now, and what would be there. */
async function lookAt(client: Client, items: readonly StockItem[]): Promise<string> {
  const shown = items.slice(0, SHOWN_MAX);
  const rows = [['sku', 'available now', 'then', 'reserved', 'sold', 'per customer']];
  for (const { sku, available, add = 0, perCustomerMax } of shown) {
    const now = await stockOf(client, sku);
    const then = available ?? (now ? now.available + add : undefined);
    const limit = perCustomerMax === undefined ? now?.perCustomerMax : perCustomerMax;
    rows.push([
      ...[printable(sku), now ? String(now.available) : 'not tracked', String(then ?? 'refused')],
      ...[String(now?.reserved ?? 0), String(now?.sold ?? 0), String(limit ?? '')],
    ]);
  }
  const left = items.length - shown.length;
  return `${table(rows)}${left > 0 ? `and ${countOf(left, 'more SKU')}\n` : ''}`;
}

async function stockOf(client: Client, sku: string): Promise<StockDocument | undefined> {
  try {
    return await client.stock(sku);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

function stockTable(stocks: readonly StockDocument[]): string {
  if (stocks.length === 0) return 'No SKU is tracked.\n';
  const rows = stocks.map(({ sku, available, reserved, sold, perCustomerMax }) => [
    ...[printable(sku), String(available), String(reserved), String(sold)],
    String(perCustomerMax ?? ''),
  ]);
  return table([['sku', 'available', 'reserved', 'sold', 'per customer'], ...rows]);
}

function fail(message: string): never {
  throw new CommandFailure(message);
}
