import type { ColumnPlan } from './columns.ts';
import type { Decimal } from './numbers.ts';

/** How the orders export of a shop system is read. Names of columns are compared without case. */
export interface Profile {
  readonly name: string;
  /** What `--help` says of it. */
  readonly about: string;
  /** Columns by which a file is recognized; any of these lists will do. */
  readonly signatures: readonly (readonly string[])[];
  readonly columns: ColumnPlan;
  /** Orders that are rejected for what a column says of them. */
  readonly unwanted: readonly Unwanted[];
  /** Rows that are no lines: those where one of these columns is filled. */
  readonly partRows?: readonly string[];
  /** Rows that are lines have one of these filled; others carry what is of the whole order. */
  readonly lineRows?: readonly string[];
  /** Rows that are no part of the orders. */
  readonly footer?: RegExp;
  /** Whether rows without an order number belong to the order above. */
  readonly isCarriedDown: boolean;
  /** How the system writes numbers, where a file does not show it. */
  readonly decimal?: Decimal;
}

export interface Unwanted {
  readonly columns: readonly string[];
  readonly when: 'filled' | 'not-zero' | RegExp;
  readonly because: string;
}
