import type { ColumnPlan } from './columns.ts';
import type { Decimal } from './written-number.ts';

/** How to read the order export of a shop system. Column names are compared ignoring case. */
export interface Profile {
  readonly name: string;
  /** Its text in `--help`. */
  readonly about: string;
  /** A file with all columns of one of these lists is recognized. */
  readonly signatures: readonly (readonly string[])[];
  readonly columns: ColumnPlan;
  /** Orders to reject because of what a column says. */
  readonly unwanted: readonly Unwanted[];
  /** Rows with one of these columns filled are parts of a bundle, not lines. */
  readonly partRows?: readonly string[];
  /** Rows with none of these filled are about the whole order, not lines. */
  readonly lineRows?: readonly string[];
  /** Matches rows that are not orders. */
  readonly footer?: RegExp;
  /** Whether rows without an order number belong to the order above. */
  readonly isCarriedDown: boolean;
  /** The system's decimal sign, for files that do not show it. */
  readonly decimal?: Decimal;
}

export interface Unwanted {
  readonly columns: readonly string[];
  readonly when: 'filled' | 'not-zero' | RegExp;
  readonly because: string;
}
