import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readCsv } from '../../../cli/submit/csv.ts';
import { type Look, lookAt, submissionsOf } from '../../../cli/submit/look.ts';
import { readNdjson } from '../../../cli/submit/ndjson.ts';
import { csvOptions, type SubmitFlags } from '../../../cli/submit/options.ts';
import type { Kept } from '../../../cli/submit/sheet.ts';
import { openSource } from '../../../cli/submit/source.ts';
import type { SheetOrder } from '../../../cli/submit/submission.ts';
import type { Understood } from '../../../cli/submit/understood.ts';
import { NOW_MS } from '../../support/orders.ts';

export type Flags = Omit<SubmitFlags, 'concurrency'>;

/** Names each column of `HEADER`. */
export const COLUMNS: Flags = {
  keyColumn: 'Order',
  customerColumn: 'Customer',
  skuColumn: 'SKU',
  descriptionColumn: 'Title',
  quantityColumn: 'Qty',
  unitPriceColumn: 'Price',
};
export const HEADER = 'Order,Customer,SKU,Title,Qty,Price';

export interface Looked {
  readonly understood: Understood;
  readonly look: Look;
  readonly orders: readonly SheetOrder[];
  readonly kept: readonly Kept[];
}

export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Reads what a file holds, as the command does before it sends anything. */
export async function lookInto(
  content: string | Uint8Array,
  flags: Flags,
  format: 'csv' | 'ndjson' = 'csv',
): Promise<Looked> {
  const path = join(await folder(), 'orders');
  await writeFile(path, content);
  return lookIntoFile(path, flags, format);
}

export async function lookIntoFile(
  path: string,
  flags: Flags,
  format: 'csv' | 'ndjson' = 'csv',
): Promise<Looked> {
  const source = await openSource(path, 'orders', flags.encoding);
  onTestFinished(() => source.handle.close());
  const options = csvOptions({ concurrency: 1, ...flags });
  const understood =
    format === 'csv'
      ? await readCsv(source, options, NOW_MS, () => {})
      : await readNdjson(source, NOW_MS, () => {});
  onTestFinished(() => understood.sheet.close());
  const look = lookAt(understood, () => {});
  const orders = [...submissionsOf(understood, 'clear')];
  return { understood, look, orders, kept: [...understood.sheet.kept()] };
}

/** The orders in short: "A-1 a GBP: TEA 2 x 500, MUG 1 x 750". */
export function short({ orders }: Looked): string[] {
  return orders.map(({ order }) => {
    const { reference, customer, currency, lines } = order as {
      reference: string;
      customer: string;
      currency: string;
      lines: { sku: string; quantity: number; unitAmount: number }[];
    };
    const all = lines.map(({ sku, quantity, unitAmount }) => `${sku} ${quantity} x ${unitAmount}`);
    return `${reference} ${customer} ${currency}: ${all.join(', ')}`;
  });
}

/** What is kept back in short: "3 A-2 doubtful: why". */
export function shortKept({ kept }: Looked): string[] {
  return kept.map(({ row, key, fate, reason }) => `${row} ${key} ${fate}: ${reason}`);
}
