import { hash } from 'node:crypto';
import type { Store } from './connection.ts';
import { valuesOf } from './read.ts';
import { runScript } from './run-script.ts';
import { FORGET_ALLOWANCES, REPAIR_STOCK, SET_STOCK, UNTRACK_STOCK } from './scripts.ts';
import { type Stock, stockFrom } from './stock-record.ts';

/** The most SKUs that are tracked: Redis uses up to 400 bytes for one in their list, of 100 MB. */
const SKUS_MAX = 100_000;
/** SKUs of one page of all of them: what is kept of one takes 150 bytes, and a reply may have 10 MB. */
const PAGE_SKUS = 5_000;

/** What to do to the stock of a SKU. */
export interface StockChange {
  readonly sku: string;
  readonly kind: 'set' | 'add';
  readonly units: number;
  /** What one customer may have from now on; `null` ends a limit, left out leaves it as it is. */
  readonly perCustomerMax?: number | null | undefined;
}

export type StockAnswer =
  | { readonly kind: 'changed' | 'short'; readonly stock: Stock }
  /** Units can be added only where some were set, and what was set is gone where a SKU was untracked. */
  | { readonly kind: 'untracked' }
  /** As many SKUs are tracked as may be. */
  | { readonly kind: 'full' };

/**
 * Sets or adds stock, one change after the other.
 *
 * @param changes  up to 500
 * @param request  text that no other request has, such as a UUID: a repeat changes nothing
 * @throws StoreUnavailable, StoreFault
 */
export async function changeStock(
  { client, keys }: Store,
  changes: readonly StockChange[],
  request: string,
): Promise<StockAnswer[]> {
  const answers = await runScript(client, {
    script: SET_STOCK,
    keys: [
      keys.skus,
      ...changes.map(({ sku }) => keys.stock(sku)),
      ...changes.map(({ sku }) => keys.untracked(sku)),
    ],
    args: [
      String(SKUS_MAX),
      ...changes.flatMap(({ sku, kind, units, perCustomerMax: limit }, at) => [
        ...[sku, kind, String(units), limit === null ? '-' : String(limit ?? '')],
        hash('sha256', JSON.stringify([request, at, sku])).slice(0, 12),
      ]),
    ],
  });
  return answers.map((answer) => {
    const [word, text = ''] = String(answer).split(' ');
    if (word === 'untracked' || word === 'full') return { kind: word };
    return { kind: word === 'ok' ? 'changed' : 'short', stock: stockFrom(text) };
  });
}

/**
 * Stops tracking a SKU: orders for it are not limited. A late repeat leaves a stock that was set since.
 *
 * @returns whether it was tracked
 * @throws StoreUnavailable, StoreFault
 */
export async function untrackStock(store: Store, sku: string): Promise<boolean> {
  const { client, keys } = store;
  const [found] = await stocksOf(store, [sku]);
  if (found === undefined) return false;
  const [isUntracked] = await runScript(client, {
    script: UNTRACK_STOCK,
    keys: [keys.skus, keys.stock(sku), keys.untracked(sku)],
    args: [sku, found.stock.epoch],
  });
  return isUntracked === 1;
}

/** A tracked SKU with its stock. */
export interface TrackedSku {
  readonly sku: string;
  readonly stock: Stock;
  /** As it is stored. */
  readonly text: string;
}

/** The stock of some SKUs, of those that are tracked. One billed command. */
export async function stocksOf(store: Store, skus: readonly string[]): Promise<TrackedSku[]> {
  if (skus.length === 0) return [];
  const texts = await valuesOf(store, skus.map(store.keys.stock));
  return skus.flatMap((sku, at) => {
    const text = texts[at] ?? null;
    return text === null ? [] : [{ sku, stock: stockFrom(text), text }];
  });
}

/**
 * Tracked SKUs in the order of their bytes in UTF-8, after one of them. Two billed commands.
 *
 * @returns with `end`, the SKU after which the next page begins, if there may be one
 */
export async function listStock(
  store: Store,
  { after, skusMax }: { readonly after?: string | undefined; readonly skusMax: number },
): Promise<{ stocks: TrackedSku[]; skus: readonly string[]; end?: string }> {
  const { client, keys } = store;
  const from = after === undefined ? '-' : (`(${after}` as const);
  const skus = await client.repeatedly((redis) =>
    redis.zrange<string[]>(keys.skus, from, '+', { byLex: true, offset: 0, count: skusMax }),
  );
  const stocks = await stocksOf(store, skus);
  const end = skus.length === skusMax ? skus.at(-1) : undefined;
  return { stocks, skus, ...(end !== undefined && { end }) };
}

/** All tracked SKUs, and those that are listed. Two billed commands for each 5,000; one if there are none. */
export async function allStock(store: Store): Promise<{ stocks: TrackedSku[]; skus: Set<string> }> {
  const stocks: TrackedSku[] = [];
  const skus = new Set<string>();
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; ) {
    isFirst = false;
    const page = await listStock(store, { after, skusMax: PAGE_SKUS });
    stocks.push(...page.stocks);
    for (const sku of page.skus) skus.add(sku);
    after = page.end;
  }
  return { stocks, skus };
}

/** The SKUs of which the least is left, the scarcest first. As `allStock`. */
export async function scarcestStock(store: Store, skusMax: number): Promise<TrackedSku[]> {
  const { stocks } = await allStock(store);
  return stocks.sort((one, other) => one.stock.available - other.stock.available).slice(0, skusMax);
}

export interface StockRepair {
  readonly sku: string;
  /** The stock as it was read and as it should be; left out to see to the list of SKUs only. */
  readonly expected?: string;
  readonly text?: string;
  readonly isRepair: boolean;
}

/** Upkeep's own change. @returns whether something was wrong, and nothing had changed since it was read */
export async function repairStock(
  { client, keys }: Store,
  { sku, expected = '', text = '', isRepair }: StockRepair,
): Promise<boolean> {
  const [isWrong] = await runScript(client, {
    script: REPAIR_STOCK,
    keys: [keys.skus, keys.stock(sku)],
    args: [sku, expected, text, isRepair ? '1' : '0'],
  });
  return isWrong === 1;
}

/**
 * Removes what customers have of SKUs, where its limit is gone or it was last changed before a time.
 *
 * @param digests  500 at most
 * @throws StoreUnavailable, StoreFault
 */
export async function forgetAllowances(
  store: Store,
  digests: readonly string[],
  { limits, beforeMs }: { readonly limits: ReadonlySet<string>; readonly beforeMs: number },
): Promise<void> {
  const { client, keys } = store;
  const texts = await valuesOf(store, digests.map(keys.allowance));
  const gone = digests.flatMap((digest, at) => {
    const text = texts[at] ?? null;
    const [, epoch = '', atMs] = text?.split(':') ?? [];
    const isKept = limits.has(epoch) && Number(atMs) >= beforeMs;
    return text === null || isKept ? [] : [{ key: keys.allowance(digest), text }];
  });
  if (gone.length === 0) return;
  await runScript(client, {
    script: FORGET_ALLOWANCES,
    keys: gone.map(({ key }) => key),
    args: gone.map(({ text }) => text),
  });
}
