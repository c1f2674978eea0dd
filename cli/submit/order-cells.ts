import type { Currency } from '../money.ts';
import { shown } from './cells.ts';
import type { TaxRule } from './charges.ts';
import { cellOf, columnOf, type Layout, ROLES, type Role } from './columns.ts';
import { type NumberRules, numberFault, readNumber } from './numbers.ts';
import type { Profile } from './profile.ts';
import type { RepeatsRule } from './repeats.ts';
import type { SheetOrder, SheetRow } from './sheet.ts';
import type { Judged, RowFault } from './submission.ts';

/** How to read the orders of one file. */
export interface OrderRules {
  readonly layout: Layout;
  /** Columns that seem to hold currencies though no option says so. */
  readonly currencyLike: readonly number[];
  readonly profile: Profile | undefined;
  /** For orders without a currency of their own. */
  readonly currency: Currency | undefined;
  /** How the numbers at a column position are written. */
  readonly numbers: (position: number) => NumberRules;
  readonly tax: TaxRule;
  readonly chargesPer: 'order' | 'line' | undefined;
  readonly repeats: RepeatsRule;
  /** Whether all long order numbers look rounded by a spreadsheet. */
  readonly hasRoundedNumbers: boolean;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** The cells of one order by role, and the faults found in them. */
export class OrderCells {
  readonly order: SheetOrder;
  readonly rules: OrderRules;
  readonly #rejections: RowFault[] = [];
  readonly #doubts: RowFault[] = [];

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

  /** The row on which the order begins. */
  get row(): number {
    return this.rows[0]?.row ?? 0;
  }

  /** Records why the order cannot be accepted. */
  reject(row: number, text: string): void {
    this.#rejections.push({ row, text });
  }

  /** Records why the order can be read in more than one way, or may be incomplete. */
  doubt(row: number, text: string): void {
    this.#doubts.push({ row, text });
  }

  /** The verdict so far; `undefined` while there is no fault. */
  kept(key: string): Exclude<Judged, { kind: 'clear' }> | undefined {
    const faults = [...this.#rejections, ...this.#doubts].sort((a, b) => a.row - b.row);
    if (faults.length === 0) return undefined;
    return { kind: this.#doubts.length > 0 ? 'doubtful' : 'rejected', key, faults };
  }

  cell(row: SheetRow, role: Role): string {
    return cellOf(row.cells, this.layout.positions[role]);
  }

  /** The name of a role's column in the file. */
  name(role: Role, row: SheetRow | undefined = this.rows[0]): string {
    return columnOf(this.layout, row?.cells ?? [], role);
  }

  /** A column name and its cell, for messages. */
  shown(row: SheetRow, role: Role): string {
    const cell = this.cell(row, role);
    return `${this.name(role, row)} ${cell === '' ? '(empty)' : shown(cell)}`;
  }

  /** The value on which all rows of the order agree; empty if no row has one. */
  sameInAll(role: Role): string {
    const filled = this.rows.filter((row) => this.cell(row, role) !== '');
    const [first] = filled;
    if (!first) return '';
    const value = this.cell(first, role);
    for (const row of filled) {
      const other = this.cell(row, role);
      // A different column may stand in for an empty one, such as the name for the e-mail address.
      if (other === value || this.name(role, row) !== this.name(role, first)) continue;
      this.reject(
        row.row,
        `${this.name(role, row)} is ${shown(other)} but ${shown(value)} in row ${first.row}: ` +
          `an order has one ${ROLES[role]}`,
      );
    }
    return value;
  }

  /** Reads a number; `undefined` with a recorded fault if there is none. */
  number(row: SheetRow, role: Role, currency?: Currency): number | undefined {
    const position = this.layout.positions[role].find((at) => cellOf(row.cells, [at]) !== '');
    if (position !== undefined) return this.numberAt(row, position, currency);
    this.reject(row.row, `${this.name(role, row)} is empty`);
    return undefined;
  }

  /** Reads a number at a position; an empty cell is not a fault. */
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
