import { reservationsIn, unitsOf } from '../../../lib/store/stock-record.ts';
import type { Model } from '../model.ts';
import { submissionIn } from '../records.ts';
import type { StoredStock, StoreState } from '../state.ts';
import type { Step } from '../steps.ts';
import { Violation } from '../violation.ts';

const putIn = ({ available, reserved, sold }: StoredStock) => available + reserved + sold;

/**
 * Whatever a step was: no unit comes or goes but by an admin, none is promised that is not there, and
 * what is reserved and sold is what the orders say. A torn script may leave more reserved, or more sold,
 * until the next upkeep, but never less.
 *
 * @throws Violation
 */
export function checkStock({ name, before, after }: Step, model: Model): void {
  if (after === before || (after.stocks.size === 0 && before.stocks.size === 0)) return;
  if (name !== 'set-stock' && name !== 'untrack-stock') checkPutIn(name, before, after);
  const differs = differences(after);
  const less = differs.find(({ reserved, sold }) => reserved < 0 || sold < 0);
  if (less) throw new Violation(`${name} frees units of ${less.sku} that orders have`);
  if (differs.length === 0) model.isStockTorn = false;
  else if (!model.isStockTorn) throw new Violation(`${name} leaves ${tell(differs)}`);
}

/** At the end the stock is what the orders say. */
export function checkStockAtEnd(state: StoreState): void {
  const differs = differences(state);
  if (differs.length > 0) throw new Violation(`at the end there is ${tell(differs)}`);
  if (`${[...state.stocks.keys()].sort()}` !== `${[...state.skus].sort()}`) {
    throw new Violation(`tracked are ${[...state.stocks.keys()]}, listed ${state.skus}`);
  }
}

function checkPutIn(name: string, before: StoreState, after: StoreState): void {
  for (const sku of new Set([...before.stocks.keys(), ...after.stocks.keys()])) {
    const [was, is] = [before.stocks.get(sku), after.stocks.get(sku)];
    if (was === undefined || is === undefined || was.epoch !== is.epoch) {
      throw new Violation(`${name} changes whether ${sku} is tracked`);
    }
    if (putIn(was) !== putIn(is)) {
      throw new Violation(`${name} makes ${putIn(is)} of ${putIn(was)} units of ${sku}`);
    }
    if (is.available < 0) throw new Violation(`${name} promises more of ${sku} than there is`);
  }
}

interface Difference {
  readonly sku: string;
  /** More than what the orders say. */
  readonly reserved: number;
  readonly sold: number;
}

function differences({ stocks, orders }: StoreState): Difference[] {
  const reserved = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { record, state } of orders.values()) {
    if (record === undefined || state?.status === 'canceled') continue;
    const counts = state?.status === 'produced' ? sold : reserved;
    for (const { sku, epoch, units } of reservationsIn(record)) {
      const name = `${epoch}:${sku}`;
      counts.set(name, (counts.get(name) ?? 0) + units);
    }
  }
  return [...stocks].flatMap(([sku, stock]) => {
    const name = `${stock.epoch}:${sku}`;
    const more = {
      reserved: stock.reserved - (reserved.get(name) ?? 0),
      sold: stock.sold - stock.forgotten - (sold.get(name) ?? 0),
    };
    return more.reserved === 0 && more.sold === 0 ? [] : [{ sku, ...more }];
  });
}

function tell(differs: readonly Difference[]): string {
  const told = differs.map(
    ({ sku, reserved, sold }) => `${reserved} of ${sku} reserved and ${sold} sold by no order`,
  );
  return told.join(', ');
}

/** An order as a submit sends it. */
export interface SentOrder {
  readonly id: string;
  /** Empty where it is ready now. */
  readonly dueAtMs: string;
  readonly record: string;
}

/** An order gets all that it wants of tracked SKUs, or is refused for what is lacking. */
export function checkDecisions(
  { args, before, after }: Step,
  sent: readonly SentOrder[],
  answers: ReadonlyMap<number, string>,
): void {
  const names = args.slice(13, 13 + Number(args[11])).map((name) => String(JSON.parse(name)));
  const left = new Map([...before.stocks].map(([sku, { available }]) => [sku, available]));
  for (const [at, { id, record }] of sent.entries()) {
    const told = answers.get(at) ?? '';
    const isDecided = told === '' || /^(?:out|over) /.test(told);
    if (names.length === 0 || !isDecided) continue;
    const wanted = [...unitsOf(submissionIn(record).lines)].filter(([sku]) => left.has(sku));
    const lacking = wanted.filter(([sku, units]) => (left.get(sku) ?? 0) < units);
    const out = lacking.map(([sku]) => `${names.indexOf(sku) + 1}=${left.get(sku)}`);
    const must = out.length > 0 ? `out ${out.join(' ')}` : '';
    if (told.startsWith('over ') && must === '') {
      checkOver(told, names, before);
    } else if (told !== must) {
      throw new Violation(`an order that must be told "${must}" is told "${told}"`, id);
    }
    if (told !== '') continue;
    for (const [sku, units] of wanted) left.set(sku, (left.get(sku) ?? 0) - units);
  }
  for (const [sku, available] of left) {
    const is = after.stocks.get(sku)?.available;
    if (is !== available) throw new Violation(`submit leaves ${is} of ${sku}, not ${available}`);
  }
}

function checkOver(told: string, names: readonly string[], { stocks }: StoreState): void {
  for (const entry of told.split(' ').slice(1)) {
    const [number, rest] = entry.split('=').map(Number) as [number, number];
    const limit = stocks.get(names[number - 1] ?? '')?.limit;
    if (limit === undefined || rest > limit.units) {
      throw new Violation('a customer is refused for a limit that there is not');
    }
  }
}

/** Nobody has more of a SKU than one customer may, of what was reserved since the limit was set. */
export function checkLimits({ after }: Step, model: Model): void {
  const has = new Map<string, number>();
  for (const [id, { record, state }] of after.orders) {
    if (record === undefined || state?.status === 'canceled') continue;
    const { customer } = submissionIn(record);
    const client = model.orders.get(id)?.planned.client;
    for (const { sku, units, limitEpoch } of reservationsIn(record)) {
      const limit = after.stocks.get(sku)?.limit;
      if (limit === undefined || limit.epoch !== limitEpoch) continue;
      const name = `${customer} of ${client}`;
      const all = (has.get(`${name} ${sku}`) ?? 0) + units;
      has.set(`${name} ${sku}`, all);
      if (all > limit.units) throw new Violation(`${name} has ${all} of ${sku}`, id);
    }
  }
}

/** A replaced order gives back what it had and gets all that its new content wants, or stays as it is. */
export function checkReplacedStock(
  { args, before, after }: Step,
  id: string,
  { told, isWaiting }: { readonly told: string; readonly isWaiting: boolean },
): void {
  const [was, is] = [before.orders.get(id)?.record ?? '', after.orders.get(id)?.record ?? ''];
  const isRefused = /^(?:out|over) /.test(told);
  if (was === is && !isRefused) return;
  const left = new Map([...before.stocks].map(([sku, { available }]) => [sku, available]));
  for (const { sku, epoch, units } of isWaiting ? reservationsIn(was) : []) {
    if (before.stocks.get(sku)?.epoch === epoch) left.set(sku, (left.get(sku) ?? 0) + units);
  }
  const names = args.slice(11, 11 + Number(args[10])).map((name) => String(JSON.parse(name)));
  const wanted = [...unitsOf(submissionIn(args[4] ?? '').lines)].filter(([sku]) => left.has(sku));
  const lacking = wanted.filter(([sku, units]) => (left.get(sku) ?? 0) < units);
  const out = lacking.map(([sku]) => `${names.indexOf(sku) + 1}=${left.get(sku)}`);
  const must = out.length > 0 ? `out ${out.join(' ')}` : '';
  const isOver = told.startsWith('over ') && must === '';
  if (isOver) checkOver(told, names, before);
  else if (isRefused ? told !== must : must !== '')
    throw new Violation(`a replacement that must be told "${must}" is told "${told}"`, id);
  if (isRefused) return;
  for (const [sku, units] of wanted) left.set(sku, (left.get(sku) ?? 0) - units);
  for (const [sku, available] of left) {
    if (after.stocks.get(sku)?.available === available) continue;
    throw new Violation(`a replacement leaves ${after.stocks.get(sku)?.available} of ${sku}`, id);
  }
}
