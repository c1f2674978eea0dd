import { formatMoney } from '../../cli/money.ts';

/** Sums by currency, exact however large: "GBP 48,112.40 and EUR 310.00". */
export function sumsInWords(sums: Readonly<Record<string, string | bigint>>): string {
  const each = Object.entries(sums).map(([currency, units]) =>
    formatMoney(BigInt(units), currency),
  );
  return each.length < 2
    ? (each[0] ?? 'nothing')
    : `${each.slice(0, -1).join(', ')} and ${each.at(-1)}`;
}

export function sumsOf(
  orders: readonly { readonly currency: string; readonly totalAmount: number }[],
): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { currency, totalAmount } of orders) {
    sums[currency] = (sums[currency] ?? 0n) + BigInt(totalAmount);
  }
  return sums;
}
