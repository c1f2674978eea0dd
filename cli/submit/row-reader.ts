import { CommandFailure } from '../failure.ts';
import { findCurrency, grouped } from '../money.ts';
import { codeOf, isRoundedNumber, trimmed } from './cells.ts';
import { cellOf, headerOf, type Layout, unusedIn } from './columns.ts';
import type { CsvOptions, Plan } from './csv-plan.ts';
import type { Dialect, Head } from './dialect.ts';
import { decimalOf, NumberEvidence } from './numbers.ts';
import type { Row } from './rows.ts';
import { type Doubt, Sheet } from './sheet.ts';
import { swallowedRows } from './swallowed.ts';
import type { Decimal } from './written-number.ts';

export interface ReadingContext {
  readonly head: Head;
  readonly dialect: Dialect;
  readonly layout: Layout;
  readonly plan: Plan;
  readonly options: CsvOptions;
}

/** "Currency", "Presentment Currency", "Währung", "Devise". */
const CURRENCY_NAME =
  /\b(?:curr|ccy|devise|monnaie|divisa|moneda|valuta|moeda)\b|currency|w[aä]e?hrung|iso[ _-]?4217/i;

/** Adds the rows of a file to a sheet and collects what they reveal about the whole file. */
export class RowReader {
  readonly sheet = new Sheet();
  skipped = 0;
  readonly #context: ReadingContext;
  readonly #evidence: ReadonlyMap<number, NumberEvidence>;
  readonly #longNumbers = { rounded: 0, exact: 0, short: 0 };
  readonly #isCarriedDown: boolean;
  /** Unused columns whose cells so far are all currencies or empty; true if any is a currency. */
  readonly #currencies = new Map<number, boolean>();
  #hasOrderAbove = false;
  #last: Row | undefined;

  constructor(context: ReadingContext) {
    this.#context = context;
    const { options, plan, layout } = context;
    const { quantity, unitPrice, lineTotal, orderTotal, currency } = layout.positions;
    const charges = layout.charges.flatMap(({ positions }) => positions);
    const columns = [...quantity, ...unitPrice, ...lineTotal, ...orderTotal, ...charges];
    this.#evidence = new Map(columns.map((position) => [position, new NumberEvidence()]));
    this.#isCarriedDown = options.isCarriedDown || (plan.profile?.isCarriedDown ?? false);
    if (currency.length > 0) return;
    for (const position of unusedIn(layout)) this.#currencies.set(position, false);
  }

  /** Whether all long order numbers look rounded by a spreadsheet. */
  get hasRoundedNumbers(): boolean {
    return this.#longNumbers.rounded > 0 && this.#longNumbers.exact === 0;
  }

  /** Columns that hold currencies, by name or by content, though no option says so. */
  get currencyLike(): number[] {
    const { layout } = this.#context;
    if (layout.positions.currency.length > 0) return [];
    return unusedIn(layout).filter(
      (at) => this.#currencies.get(at) || CURRENCY_NAME.test(layout.header[at] ?? ''),
    );
  }

  /** The decimal sign of each number column, if known. */
  get decimals(): Map<number, Decimal | undefined> {
    const { options, plan } = this.#context;
    const all = [...this.#evidence.values()];
    const decimal = (own: NumberEvidence) =>
      options.decimal ?? decimalOf(own, all, plan.profile?.decimal);
    return new Map([...this.#evidence].map(([position, own]) => [position, decimal(own)]));
  }

  add(row: Row): void {
    const { head, layout, plan, dialect, options } = this.#context;
    const { cells } = row;
    if (row.row <= head.row || cells.every((cell) => trimmed(cell) === '')) return;
    if (plan.profile?.footer?.test(cells.join(',')) || this.#isHeader(row)) {
      this.skipped += 1;
      this.sheet.addBreak();
      this.#hasOrderAbove = false;
      return;
    }
    const isSure = options.quoting === 'double';
    const swallowed = isSure ? undefined : swallowedRows(row, dialect.delimiter, layout);
    if (!swallowed) {
      this.#addRow(row);
      return;
    }
    const last = swallowed.at(-1)?.row ?? row.row;
    const text =
      `rows ${grouped(row.row)} to ${grouped(last)} each look like a row, but a quoted cell goes from the ` +
      'first to the last: use --quoting none, or --quoting double if that is right';
    for (const line of swallowed) this.#addRow(line, { kind: 'swallowed', text });
  }

  /** A last row without a line end may be cut off. It shows if its last number is shorter. */
  end(): void {
    const { dialect, layout } = this.#context;
    const place = layout.header.length - 1;
    const last = trimmed(this.#last?.cells[place] ?? '');
    const evidence = this.#evidence.get(place);
    if (!dialect.isLastOpen || !evidence || !this.#last) return;
    const own = new NumberEvidence();
    own.observe(last);
    const [places = 0] = own.places.keys();
    const others = [...evidence.places.keys()].filter((count) => count !== places);
    const isAlone = evidence.places.get(places) === 1 && others.length === 1;
    if (!isAlone || places >= (others[0] ?? 0)) return;
    const text =
      `${layout.header[place]} ${last} has fewer decimals than all other rows, and the file ends there ` +
      'without a line end: it may have been cut off';
    this.sheet.doubtLast({ kind: 'cut', text });
  }

  #addRow(row: Row, doubt?: Doubt): void {
    const { cells } = row;
    for (const [position, evidence] of this.#evidence) {
      evidence.observe(trimmed(cells[position] ?? ''));
    }
    for (const position of this.#currencies.keys()) {
      const cell = trimmed(cells[position] ?? '');
      if (cell === '') continue;
      if (findCurrency(cell)) this.#currencies.set(position, true);
      else this.#currencies.delete(position);
    }
    const number = codeOf(cellOf(cells, this.#context.layout.positions.orderNumber));
    if (number !== '') this.#longNumbers[isRoundedNumber(number)] += 1;
    this.sheet.add(number, row.row, cells, doubt ?? this.#unnumbered(number));
    this.#hasOrderAbove ||= number !== '';
    this.#last = row;
  }

  /** A joined file repeats the header; a different header would move the columns. */
  #isHeader({ row, cells }: Row): boolean {
    const { head, layout } = this.#context;
    const [position = 0] = layout.positions.orderNumber;
    if (trimmed(cells[position] ?? '') !== head.header[position]) return false;
    if (headerOf(cells).join('\n') === head.header.join('\n')) return true;
    throw new CommandFailure(
      `Row ${grouped(row)} is a different header than row ${grouped(head.row)}: the file joins two exports.\n` +
        'Submit them separately.',
    );
  }

  #unnumbered(number: string): Doubt | undefined {
    if (number !== '') return undefined;
    const { head, layout } = this.#context;
    const name = head.header[layout.positions.orderNumber[0] ?? 0];
    if (!this.#hasOrderAbove) {
      const text = `${name} is empty and there is no order above: the row continues an order whose beginning is missing`;
      return { kind: 'unnumbered', text };
    }
    if (this.#isCarriedDown) return undefined;
    const text = `${name} is empty: use --carry-down if such rows belong to the order above`;
    return { kind: 'unnumbered', text };
  }
}
