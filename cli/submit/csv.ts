import { Failure } from '../failure.ts';
import { grouped } from '../money.ts';
import { isRoundedNumber, trimmed } from './cells.ts';
import { cellOf, headerOf, type Layout, missingIn } from './columns.ts';
import { type CsvOptions, layOut, type Plan, planFor } from './csv-plan.ts';
import { type Dialect, type Head, readHead, surveyDialect } from './dialect.ts';
import { type Decimal, decimalOf, isNumberLike, NumberEvidence } from './numbers.ts';
import { judgeOrder } from './orders.ts';
import { linesOf, type Row, rowsOf } from './rows.ts';
import { Sheet } from './sheet.ts';
import { type Source, textOf } from './source.ts';
import type { Understood } from './understood.ts';

/** A CSV file is read twice: to see how it is written, and then its rows. */
const PASSES = 2;

/** How a CSV file was understood. */
export interface CsvDescription {
  readonly dialect: Dialect;
  readonly plan: Plan;
  readonly layout: Layout;
  /** Of each column of numbers, by its place. */
  readonly decimals: ReadonlyMap<number, Decimal | undefined>;
  /** Rows that repeat the header, and that a profile knows to be no orders. */
  readonly skipped: number;
}

/**
 * Reads a CSV file: one order line a row; rows that share the order number are one order, also
 * when others stand between them.
 *
 * @throws Failure if the file can't be read as CSV, is empty, or lacks one of the columns
 */
export async function readCsv(
  source: Source,
  options: CsvOptions,
  nowMs: number,
  onProgress: (done: number, total: number) => void,
): Promise<Understood> {
  const head = await readHead(
    source,
    options.delimiter,
    (header) => missingIn(header, planFor(header, options).columns).length,
  );
  const plan = planFor(head.header, options);
  const layout = layOut(head.header, plan, options);
  const total = source.bytes * PASSES;
  const dialect = await surveyDialect(source, head, options.quoting, (done) =>
    onProgress(done, total),
  );
  const text = textOf(source, (done) => onProgress(source.bytes + done, total));
  const reader = new RowReader({ head, dialect, layout, plan, options });
  try {
    for await (const row of rowsOf(linesOf(text), dialect)) reader.add(row);
  } catch (cause) {
    reader.sheet.close();
    throw cause;
  }
  const decimals = reader.decimals();
  const rules = {
    layout,
    profile: plan.profile,
    currency: options.currency,
    numbers: (position: number) => ({
      decimal: decimals.get(position),
      isSaid: options.decimal !== undefined,
      isRounding: options.isRounding,
    }),
    tax: options.tax,
    chargesPer: options.chargesPer,
    repeats: options.repeats,
    hasRoundedNumbers: reader.hasRoundedNumbers,
    nowMs,
  };
  return {
    csv: { dialect, plan, layout, decimals, skipped: reader.skipped },
    sheet: reader.sheet,
    judge: (order) => judgeOrder(order, rules),
  };
}

interface ReadingContext {
  readonly head: Head;
  readonly dialect: Dialect;
  readonly layout: Layout;
  readonly plan: Plan;
  readonly options: CsvOptions;
}

/** Puts the rows of a file into a sheet, and gathers what they say of the file as a whole. */
class RowReader {
  readonly sheet = new Sheet();
  skipped = 0;
  readonly #context: ReadingContext;
  readonly #evidence: ReadonlyMap<number, NumberEvidence>;
  readonly #longNumbers = { rounded: 0, exact: 0, short: 0 };
  readonly #isCarriedDown: boolean;
  #hasOrderAbove = false;

  constructor(context: ReadingContext) {
    this.#context = context;
    const { positions, charges } = context.layout;
    const { quantity, unitPrice, lineTotal, orderTotal } = positions;
    const columns = [
      quantity,
      unitPrice,
      lineTotal,
      orderTotal,
      ...charges.map((one) => one.positions),
    ];
    this.#evidence = new Map(columns.flat().map((position) => [position, new NumberEvidence()]));
    const { options, plan } = context;
    this.#isCarriedDown = options.isCarriedDown || (plan.profile?.isCarriedDown ?? false);
  }

  get hasRoundedNumbers(): boolean {
    return this.#longNumbers.rounded > 0 && this.#longNumbers.exact === 0;
  }

  decimals(): Map<number, Decimal | undefined> {
    const { options, plan } = this.#context;
    const all = [...this.#evidence.values()];
    return new Map(
      [...this.#evidence].map(([position, own]) => [
        position,
        options.decimal ?? decimalOf(own, all, plan.profile?.decimal),
      ]),
    );
  }

  add(row: Row): void {
    const { head, layout, plan } = this.#context;
    const { cells } = row;
    if (row.row <= head.row || cells.every((cell) => trimmed(cell) === '')) return;
    if (plan.profile?.footer?.test(cells.join(',')) || this.#isHeader(row)) {
      this.skipped += 1;
      return;
    }
    for (const [position, evidence] of this.#evidence) {
      evidence.observe(trimmed(cells[position] ?? ''));
    }
    const number = cellOf(cells, layout.positions.orderNumber);
    if (number !== '') this.#longNumbers[isRoundedNumber(number)] += 1;
    this.sheet.add(number, row.row, cells, this.#doubtOn(row, number));
    this.#hasOrderAbove ||= number !== '';
  }

  /** Files that were joined have the header again, and all is as before if it is the same. */
  #isHeader({ row, cells }: Row): boolean {
    const { head, layout } = this.#context;
    const [position = 0] = layout.positions.orderNumber;
    if (trimmed(cells[position] ?? '') !== head.header[position]) return false;
    if (headerOf(cells).join('\n') === head.header.join('\n')) return true;
    throw new Failure(
      `Row ${grouped(row)} is another header than row ${grouped(head.row)}: the file joins two exports.\n` +
        'Submit them one by one.',
    );
  }

  #doubtOn(row: Row, number: string): string | undefined {
    const swallowed = this.#swallowedRow(row);
    if (swallowed) return swallowed;
    if (number !== '') return undefined;
    const { head, layout } = this.#context;
    const name = head.header[layout.positions.orderNumber[0] ?? 0];
    if (!this.#hasOrderAbove) {
      return `${name} is empty, and no order is above: the row continues an order that the file does not begin with`;
    }
    if (this.#isCarriedDown) return undefined;
    return `${name} is empty: say --carry-down if such rows belong to the order above`;
  }

  /**
   * A quote that was never meant to open a cell takes the next rows into its cell, unnoticed if
   * another such quote follows: then the lines of the row each look like a row.
   */
  #swallowedRow({ row, lines = [] }: Row): string | undefined {
    if (this.#context.options.quoting === 'double' || lines.length < 2) return undefined;
    const alike = lines.filter((line) => this.#looksLikeRow(line));
    if (alike.length < 2) return undefined;
    return (
      `rows ${grouped(row)} to ${grouped(row + lines.length - 1)} look like ${alike.length} orders' rows, ` +
      'but a quoted cell goes from the one to the other: say --quoting none, or double if that is right'
    );
  }

  #looksLikeRow(line: string): boolean {
    const { dialect, head, layout } = this.#context;
    const cells = line.replaceAll('"', '').split(dialect.delimiter);
    const { quantity, unitPrice, lineTotal } = layout.positions;
    const columns = [quantity, [...unitPrice, ...lineTotal]];
    const isNumberAt = (shift: number) =>
      columns.every((positions) =>
        positions.some((position) => isNumberLike(trimmed(cells[position + shift] ?? ''))),
      );
    // A cell of the row may hold the delimiter, in front of the numbers or behind them.
    const extra = cells.length - head.header.length;
    return extra >= 0 && (isNumberAt(0) || isNumberAt(extra));
  }
}
