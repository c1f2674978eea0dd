import type { CsvDescription } from './csv.ts';
import type { Sheet, SheetOrder } from './sheet.ts';
import type { Judged } from './submission.ts';

/** A file that was read: its rows by order, and how an order is made of them. */
export interface Understood {
  /** Of a CSV file. */
  readonly csv?: CsvDescription;
  readonly sheet: Sheet;
  readonly judge: (order: SheetOrder) => Judged;
}
