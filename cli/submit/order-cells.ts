import type { Currency } from '../money.ts';
import { shown } from './cells.ts';
import type { TaxRule } from './charges.ts';
import { cellOf, columnOf, type Layout, ROLES, type Role } from './columns.ts';
import { type NumberRules, numberFault, readNumber } from './numbers.ts';
import type { Profile } from './profile.ts';
import type { RepeatsRule } from './repeats.ts';
import type { SheetOrder, SheetRow } from './sheet.ts';
import type { Fault, Judged } from './submission.ts';

/** How the orders of one file are understood. */
export interface OrderRules {
  readonly layout: Layout;
  /** Columns that nobody named and that seem to hold currencies. */
  readonly currencyLike: readonly number[];
  readonly profile: Profile | undefined;
  /** Of orders that name none. */
  readonly currency: Currency | undefined;
  /** How the numbers of each column are written, by its place. */
  readonly numbers: (position: number) => NumberRules;
  readonly tax: TaxRule;
  readonly chargesPer: 'order' | 'line' | undefined;
  readonly repeats: RepeatsRule;
  /** Whether all long order numbers of the file end as a spreadsheet leaves them. */
  readonly hasRoundedNumbers: boolean;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** The cells of one order by their use, and what was found to be wrong with them. */
export class OrderCells {
  readonly order: SheetOrder;
  readonly rules: OrderRules;
  readonly #rejections: Fault[] = [];
  readonly #doubts: Fault[] = [];

  constructor(order: SheetOrder, rules: OrderRules) {
    this.order = order;
    this.rules = rules;
  }

  get rows(): readonly SheetRow[] {
    return this.order.rows;
  }

  get layout(): Layout {
    return this.rules.layout;
  }

  /** The row with which the order begins. */
  get row(): number {
    return this.rows[0]?.row ?? 0;
  }

  /** The order is none that the API would take. */
  reject(row: number, text: string): void {
    this.#rejections.push({ row, text });
  }

  /** The order may be read in more than one way, or is not whole. */
  doubt(row: number, text: string): void {
    this.#doubts.push({ row, text });
  }

  /** What keeps the order, if anything found so far does. */
  kept(key: string): Exclude<Judged, { kind: 'clear' }> | undefined {
    const faults = [...this.#rejections, ...this.#doubts].sort((a, b) => a.row - b.row);
    if (faults.length === 0) return undefined;
    return { kind: this.#doubts.length > 0 ? 'doubtful' : 'rejected', key, faults };
  }

  cell(row: SheetRow, role: Role): string {
    return cellOf(row.cells, this.layout.positions[role]);
  }

  /** The name of a column, as the file has it. */
  name(role: Role, row: SheetRow | undefined = this.rows[0]): string {
    return columnOf(this.layout, row?.cells ?? [], role);
  }

  /** A column's name and the cell, for a message. */
  shown(row: SheetRow, role: Role): string {
    const cell = this.cell(row, role);
    return `${this.name(role, row)} ${cell === '' ? '(empty)' : shown(cell)}`;
  }

  /** What all rows of the order that have it say; empty if none does. */
  sameInAll(role: Role): string {
    const filled = this.rows.filter((row) => this.cell(row, role) !== '');
    const [first] = filled;
    if (!first) return '';
    const value = this.cell(first, role);
    for (const row of filled) {
      const other = this.cell(row, role);
      // Another column stands in where the first is empty, as a name for an e-mail address.
      if (other === value || this.name(role, row) !== this.name(role, first)) continue;
      this.reject(
        row.row,
        `${this.name(role, row)} is ${shown(other)} but ${shown(value)} in row ${first.row}: ` +
          `an order has one ${ROLES[role]}`,
      );
    }
    return value;
  }

  /** A number of a row, or `undefined` with the reason among the faults. */
  number(row: SheetRow, role: Role, currency?: Currency): number | undefined {
    const position = this.layout.positions[role].find((at) => cellOf(row.cells, [at]) !== '');
    if (position !== undefined) return this.numberAt(row, position, currency);
    this.reject(row.row, `${this.name(role, row)} is empty`);
    return undefined;
  }

  /** The same of one column, where an empty cell is no fault. */
  numberAt({ row, cells }: SheetRow, position: number, currency?: Currency): number | undefined {
    const cell = cellOf(cells, [position]);
    const digits = currency?.digits ?? 0;
    const reading = readNumber(cell, digits, this.rules.numbers(position), currency);
    if (reading.kind === 'exact') return reading.amount;
    if (reading.kind === 'empty') return undefined;
    const fault = numberFault(reading, currency);
    const text = `${this.layout.header[position]} ${shown(cell)} is ${fault}`;
    if (reading.kind === 'ambiguous' || reading.kind === 'other-currency') this.doubt(row, text);
    else this.reject(row, text);
    return undefined;
  }
}
