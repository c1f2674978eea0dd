import type { Model } from '../model.ts';
import type { StoredStock } from '../state.ts';
import { chunks, type Step } from '../steps.ts';
import { Violation } from '../violation.ts';

/** A change counts once, however often it arrives. */
export function checkSetStock({ args, before, after, answer, error }: Step, model: Model): void {
  const now = new Map([...before.stocks].map(([sku, stock]) => [sku, { ...stock }]));
  const changes = chunks(args.slice(1), 5) as [string, string, string, string, string][];
  for (const [at, [sku, kind, units, , mark]] of changes.entries()) {
    const is = after.stocks.get(sku);
    const stock = now.get(sku);
    const available = Number(units) + (kind === 'add' ? (stock?.available ?? 0) : 0);
    const isRepeat = stock !== undefined && model.stockMarks.has(mark);
    let must = 'ok';
    // What arrives again after the SKU was untracked brings no stock back.
    const isLate = stock === undefined && model.stockMarks.has(mark);
    if (isLate || (stock === undefined && kind === 'add')) must = 'untracked';
    else if (!isRepeat && available < 0) must = 'short';
    if (is?.text.endsWith(mark) || is?.text.includes(`${mark},`)) model.stockMarks.add(mark);
    if (error !== undefined) continue;
    const told = String((answer as string[])[at]);
    if (told.split(' ')[0] !== must)
      throw new Violation(`stock of ${sku} is told ${told}, not ${must}`);
    if (must === 'ok' && !isRepeat) {
      now.set(sku, { ...(stock ?? { ...(is as StoredStock), reserved: 0, sold: 0 }), available });
    }
  }
  if (error !== undefined) return;
  for (const [sku, { available, reserved, sold }] of now) {
    const is = after.stocks.get(sku);
    const counts = `${is?.available} ${is?.reserved} ${is?.sold}`;
    if (counts !== `${available} ${reserved} ${sold}`) {
      throw new Violation(`stock of ${sku} is ${counts}, not ${available} ${reserved} ${sold}`);
    }
  }
}

/** The stock that was read is gone, and no other; a change of before is known nevertheless. */
export function checkUntrack({ args, before, after, answer }: Step): void {
  const [sku = '', epoch] = args;
  const [told] = answer as [number];
  const [was, is] = [before.stocks.get(sku), after.stocks.get(sku)];
  const isMeant = was !== undefined && was.epoch === epoch;
  if (told !== (isMeant ? 1 : 0)) throw new Violation(`an untracking is told ${told}`);
  if (is?.text !== (isMeant ? undefined : was?.text) || (isMeant && after.skus.includes(sku)))
    throw new Violation(`untracking ${sku} leaves ${is?.text ?? 'it listed'}`);
}
