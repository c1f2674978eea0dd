import type { CsvDescription } from './csv.ts';
import type { Sheet, SheetOrder } from './sheet.ts';
import type { Judged } from './submission.ts';

/** A file that was read: its rows, grouped by order, and how to build an order from them. */
export interface Understood {
  /** For CSV files. */
  readonly csv?: CsvDescription;
  readonly sheet: Sheet;
  readonly judge: (order: SheetOrder) => Judged;
}
