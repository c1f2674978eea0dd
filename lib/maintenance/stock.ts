import { aloneOf } from '../store/claim.ts';
import type { Store } from '../store/connection.ts';
import { knownClients } from '../store/list.ts';
import { type OrderState, readable, stateFrom } from '../store/order-record.ts';
import { readRecords } from '../store/read.ts';
import { allStock, forgetAllowances, repairStock, type TrackedSku } from '../store/stock.ts';
import { reservationsIn, withCounts } from '../store/stock-record.ts';
import { queuePage, setPage, UPKEEP_PAGE } from '../store/upkeep-pages.ts';
import { eachPage, hasTime, type Pass } from './pass.ts';

/** What a pass knows of stock before it compares it. */
export interface StockSeen {
  /** As the pass began. */
  readonly before: ReadonlyMap<string, TrackedSku>;
  /** SKUs that are listed as tracked. */
  readonly listed: ReadonlySet<string>;
  /** SKUs with stock, and digests of allowances, of which the scan has seen keys. */
  readonly skus: Set<string>;
  readonly allowances: Set<string>;
  /** Units that produced orders have taken, by stock, and the orders that were counted. */
  readonly sold: Map<string, number>;
  readonly counted: Set<string>;
}

/** How often a pass looks at stock that moves meanwhile. */
const LOOKS_MAX = 3;
/** What customers have counts for a limit for as long as orders are kept, and may be scheduled ahead. */
const SCHEDULE_MS = 30 * 86_400_000;

/** One billed command where nothing is tracked. */
export async function stockAtStart(store: Store): Promise<StockSeen> {
  const { stocks, skus: listed } = await allStock(store);
  return {
    ...{ before: bySku(stocks), listed, skus: new Set(), allowances: new Set() },
    ...{ sold: new Map(), counted: new Set() },
  };
}

const bySku = (stocks: readonly TrackedSku[]) => new Map(stocks.map((one) => [one.sku, one]));
const nameOf = (sku: string, epoch: string) => `${epoch}:${sku}`;

function add(counts: Map<string, number>, name: string, units: number): void {
  counts.set(name, (counts.get(name) ?? 0) + units);
}

/** Counts what a produced order has taken. A scan may find an order twice. */
export function noteSold({ sold, counted }: StockSeen, id: string, state: OrderState): void {
  if (state.status !== 'produced' || state.sold === undefined || counted.has(id)) return;
  counted.add(id);
  for (const [sku, units, epoch] of state.sold) add(sold, nameOf(sku, epoch), units);
}

/**
 * Compares stock with the orders: what is reserved with those that wait or are dead, what is sold with
 * those that are produced and kept. Only a stock that has not moved meanwhile is put right; of one that
 * moves all the time it is only known that it is not further off than what has moved. That one may wait for
 * the next pass: no torn script frees units that orders have, so it sells fewer until then, and none twice.
 */
export async function checkStock(pass: Pass): Promise<boolean> {
  const { stock, store, isRepair, notes } = pass;
  for (const sku of new Set([...stock.listed, ...stock.skus])) {
    if (stock.listed.has(sku) === stock.skus.has(sku)) continue;
    if (await repairStock(store, { sku, isRepair })) notes.tellRepair('stock', sku, isRepair);
  }
  let open: ReadonlySet<string> = new Set([...stock.before.keys(), ...stock.skus]);
  for (let look = 1; look <= LOOKS_MAX && open.size > 0; look += 1) {
    const { stocks } = await allStock(store);
    const reserved = await countReserved(pass);
    if (reserved === undefined) return false;
    const after = bySku((await allStock(store)).stocks);
    const moving = new Set<string>();
    for (const one of stocks) {
      if (!open.has(one.sku)) continue;
      const isStill = after.get(one.sku)?.text === one.text;
      if (isStill) await judge(pass, one, reserved.get(nameOf(one.sku, one.stock.epoch)) ?? 0);
      else moving.add(one.sku);
    }
    open = moving;
  }
  await dropAllowances(pass);
  return true;
}

/** Puts one stock right, so that what was put in stays what it was. */
async function judge({ stock: seen, ...pass }: Pass, one: TrackedSku, reserved: number) {
  const { store, notes, isRepair } = pass;
  const { sku, text, stock } = one;
  const before = seen.before.get(sku)?.stock;
  const isSame = before?.epoch === stock.epoch;
  const counted = seen.sold.get(nameOf(sku, stock.epoch)) ?? 0;
  // What was sold and what was forgotten while the pass went on may have been counted, or not.
  const unsold = isSame ? Math.max(0, counted - (stock.sold - before.forgotten)) : 0;
  const gone = isSame ? Math.max(0, before.sold - stock.forgotten - counted) : 0;
  if (reserved === stock.reserved && unsold === 0 && gone === 0) return;
  const [sold, forgotten] = [stock.sold + unsold, stock.forgotten + gone];
  const available = stock.available + stock.reserved + stock.sold - reserved - sold;
  const moved = stock.moved + 1;
  // An order that cannot be read may have reserved something: it is for somebody to look into.
  const mayRepair = isRepair && notes.found.broken === undefined;
  const right = withCounts(text, { available, reserved, sold, forgotten, moved });
  const change = { sku, expected: text, text: right, isRepair: mayRepair };
  if (await repairStock(store, change)) notes.tellRepair('stock', sku, mayRepair);
}

/**
 * What orders that wait or are dead have reserved, by stock. The places are walked through twice, so
 * that an order that moves meanwhile is met in one of them.
 */
async function countReserved(pass: Pass): Promise<Map<string, number> | undefined> {
  const { store } = pass;
  const { keys } = store;
  const ids = new Set<string>();
  const note = (page: readonly string[]) => {
    for (const id of page) ids.add(id);
  };
  const names = (await knownClients(store)).flatMap((client) => [client, aloneOf(client)]);
  for (const name of [...names, ...names]) {
    const isDone =
      (await eachPage(pass, (cursor) => queuePage(store, name, cursor), note)) &&
      (await eachPage(pass, (cursor) => setPage(store, keys.pending(name), cursor), note)) &&
      (await eachPage(pass, (cursor) => setPage(store, keys.dead(name), cursor), note));
    if (!isDone) return undefined;
  }
  const reserved = new Map<string, number>();
  const all = [...ids];
  for (let at = 0; at < all.length; at += UPKEEP_PAGE) {
    if (!hasTime(pass)) return undefined;
    const some = all.slice(at, at + UPKEEP_PAGE);
    for (const [n, { record, state: text }] of (await readRecords(store, some)).entries()) {
      const state = readable(() => stateFrom(some[n] ?? '', text));
      const isOver = state?.status === 'produced' || state?.status === 'canceled';
      if (record === null || isOver) continue;
      for (const { sku, epoch, units } of readable(() => reservationsIn(record)) ?? []) {
        add(reserved, nameOf(sku, epoch), units);
      }
    }
  }
  return reserved;
}

/** Lets go of what customers have of SKUs whose limits are gone, and of what is older than any order. */
async function dropAllowances(pass: Pass): Promise<void> {
  const { store, isRepair, startMs, stock, retentionMs = Number.POSITIVE_INFINITY } = pass;
  if (!isRepair || stock.allowances.size === 0) return;
  const { stocks } = await allStock(store);
  const limits = new Set(stocks.flatMap((one) => (one.stock.limit ? [one.stock.limit.epoch] : [])));
  const digests = [...stock.allowances];
  for (let at = 0; at < digests.length && hasTime(pass); at += UPKEEP_PAGE) {
    const beforeMs = startMs - retentionMs - SCHEDULE_MS;
    await forgetAllowances(store, digests.slice(at, at + UPKEEP_PAGE), { limits, beforeMs });
  }
}
