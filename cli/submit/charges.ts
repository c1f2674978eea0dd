import type { ChargeKind } from './columns.ts';

/** Shipping, taxes, fees and discounts of an order, in minor units. */

export interface Line {
  readonly sku: string;
  readonly description?: string;
  readonly quantity: number;
  readonly unitAmount: number;
}

/** A charge of one order. It has two possible amounts if the file leaves open what its cells mean. */
export interface Charged {
  readonly kind: ChargeKind;
  /** The amount of the order, the sum of its rows, or both if it is one of the two. */
  readonly amounts: readonly number[];
}

/** A charge whose amount is settled; 0 if it is already included in the prices. */
export interface ReadCharge {
  readonly kind: ChargeKind;
  readonly amount: number;
}

export type ChargesReading =
  | { readonly kind: 'settled'; readonly charges: readonly ReadCharge[] }
  /** No reading adds up to the order total; `total` is what they add up to if all count. */
  | { readonly kind: 'other-total'; readonly total: number }
  | { readonly kind: 'open'; readonly question: 'tax' | 'charges-per' };

export type TaxRule = 'added' | 'included' | undefined;

/** Charges that may already be included in the prices; the order total tells. */
const MAY_BE_INCLUDED: ReadonlySet<ChargeKind> = new Set(['tax', 'discount', 'line-discount']);

/**
 * Decides how the charges of an order are meant. With an order total, it takes the first reading
 * that adds up to it, starting with the one in which every charge counts. Without a total, it
 * settles only what has a single reading.
 */
export function readCharges(
  goods: number,
  charges: readonly Charged[],
  total: number | undefined,
  tax: TaxRule,
): ChargesReading {
  const present = charges.filter(({ amounts }) => amounts.some((amount) => amount !== 0));
  if (total === undefined) return readPlainCharges(present, tax);
  for (const way of waysOf(present, tax)) {
    if (totalOf(goods, way) === total) return { kind: 'settled', charges: way };
  }
  const [first = []] = waysOf(present, tax);
  return { kind: 'other-total', total: totalOf(goods, first) };
}

function readPlainCharges(charges: readonly Charged[], tax: TaxRule): ChargesReading {
  if (charges.some(({ amounts }) => amounts.length > 1)) {
    return { kind: 'open', question: 'charges-per' };
  }
  if (tax === undefined && charges.some(({ kind }) => kind === 'tax')) {
    return { kind: 'open', question: 'tax' };
  }
  const hasDiscount = charges.some(({ kind }) => kind === 'discount');
  const counted = charges
    .filter(({ kind }) => kind !== 'tax' || tax === 'added')
    .filter(({ kind }) => kind !== 'line-discount' || !hasDiscount)
    .map(({ kind, amounts: [amount = 0] }) => ({ kind, amount }));
  return { kind: 'settled', charges: counted };
}

/** All possible readings of the charges. */
function* waysOf([first, ...others]: readonly Charged[], tax: TaxRule): Generator<ReadCharge[]> {
  if (!first) {
    yield [];
    return;
  }
  const { kind, amounts } = first;
  const isSaid = kind === 'tax' && tax !== undefined;
  const choices = [
    ...(isSaid && tax === 'included' ? [] : amounts),
    ...(MAY_BE_INCLUDED.has(kind) && !(isSaid && tax === 'added') ? [0] : []),
  ];
  for (const amount of choices) {
    for (const way of waysOf(others, tax)) yield [{ kind, amount }, ...way];
  }
}

function isDiscount(kind: ChargeKind): boolean {
  return kind === 'discount' || kind === 'line-discount';
}

function totalOf(goods: number, charges: readonly ReadCharge[]): number {
  return charges.reduce(
    (sum, { kind, amount }) => (isDiscount(kind) ? sum - amount : sum + amount),
    goods,
  );
}

const CHARGE_LINES: readonly (readonly [ChargeKind, string, string])[] = [
  ['shipping', 'SHIPPING', 'Shipping'],
  ['gift-wrap', 'GIFT-WRAP', 'Gift wrap'],
  ['fee', 'FEE', 'Fees'],
  ['tax', 'TAX', 'Tax'],
];

/** Turns charges into lines, one for each kind. */
export function chargeLines(charges: readonly ReadCharge[]): Line[] {
  return CHARGE_LINES.flatMap(([kind, sku, description]) => {
    const amounts = charges.filter((charge) => charge.kind === kind).map(({ amount }) => amount);
    const unitAmount = amounts.reduce((sum, amount) => sum + amount, 0);
    return unitAmount === 0 ? [] : [{ sku, description, quantity: 1, unitAmount }];
  });
}

export function discountOf(charges: readonly ReadCharge[]): number {
  return charges
    .filter(({ kind }) => isDiscount(kind))
    .reduce((sum, { amount }) => sum + amount, 0);
}

/**
 * Takes a discount off lines in proportion to their amounts, exact to the minor unit. If a line's
 * share cannot be divided by its quantity, the line is split in two whose prices differ by one unit.
 *
 * @param discount  at most the sum of the lines
 * @returns the resulting lines for each line
 */
export function takenOff<T extends Line>(lines: readonly T[], discount: number): T[][] {
  const amounts = lines.map(({ quantity, unitAmount }) => BigInt(quantity) * BigInt(unitAmount));
  const all = amounts.reduce((sum, amount) => sum + amount, 0n);
  const shares = amounts.map((amount) => (all === 0n ? 0n : (amount * BigInt(discount)) / all));
  let left = BigInt(discount) - shares.reduce((sum, share) => sum + share, 0n);
  return lines.map((line, at) => {
    const amount = amounts[at] ?? 0n;
    let share = shares[at] ?? 0n;
    // Rounding down leaves less than one unit per line; the first lines with room take them.
    if (left > 0n && share < amount) {
      share += 1n;
      left -= 1n;
    }
    return split(line, amount - share);
  });
}

function split<T extends Line>(line: T, amount: bigint): T[] {
  const quantity = BigInt(line.quantity);
  const unitAmount = Number(amount / quantity);
  const dearer = Number(amount % quantity);
  const parts = [
    { ...line, quantity: line.quantity - dearer, unitAmount },
    { ...line, quantity: dearer, unitAmount: unitAmount + 1 },
  ];
  return parts.filter((part) => part.quantity > 0);
}
