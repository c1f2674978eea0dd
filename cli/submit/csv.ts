import { type Layout, missingIn } from './columns.ts';
import { type CsvOptions, layOut, type Plan, planFor } from './csv-plan.ts';
import { type Dialect, readHead, surveyDialect } from './dialect.ts';
import { unguarded } from './guarded-cells.ts';
import { judgeOrder } from './orders.ts';
import { RowReader } from './row-reader.ts';
import { linesOf, rowsOf } from './rows.ts';
import { type Source, textOf } from './source.ts';
import type { Understood } from './understood.ts';
import type { Decimal } from './written-number.ts';

/** A CSV file is read twice: once to detect its dialect, once for its rows. */
const PASSES = 2;

/** How a CSV file was understood. */
export interface CsvDescription {
  readonly dialect: Dialect;
  readonly plan: Plan;
  readonly layout: Layout;
  /** The decimal sign of each number column, by position. */
  readonly decimals: ReadonlyMap<number, Decimal | undefined>;
  /** How many rows repeat the header or are an export's footer. */
  readonly skipped: number;
}

/**
 * Reads a CSV file with one order line per row. Rows with the same order number form one order,
 * wherever they are in the file.
 *
 * @throws CommandFailure if the file can't be read as CSV, is empty, or lacks one of the columns
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
    const isRejects = layout.ours.length > 0;
    for await (const row of rowsOf(linesOf(text), dialect)) {
      reader.add(isRejects ? { ...row, cells: row.cells.map(unguarded) } : row);
    }
    reader.end();
  } catch (cause) {
    reader.sheet.close();
    throw cause;
  }
  const { decimals } = reader;
  const rules = {
    layout,
    currencyLike: reader.currencyLike,
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
