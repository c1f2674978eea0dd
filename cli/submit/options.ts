import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageFailure } from '../failure.ts';
import { findCurrency } from '../money.ts';
import { countTo } from '../options.ts';
import type { ChargeKind } from './columns.ts';
import type { CsvOptions } from './csv-plan.ts';
import { SUBMIT_HELP } from './help.ts';
import { PROFILES } from './profiles.ts';
import type { Quoting } from './rows.ts';
import type { Decimal } from './written-number.ts';

/** The options of `submit`, as the argument parser names them. */
export interface SubmitFlags {
  readonly format?: 'csv' | 'ndjson';
  readonly dryRun?: true;
  readonly yes?: true;
  readonly replace?: true;
  readonly rejects?: string;
  readonly concurrency: number;
  readonly json?: true;
  readonly profile?: string;
  readonly keyColumn?: string;
  readonly customerColumn?: string;
  readonly skuColumn?: string;
  readonly descriptionColumn?: string;
  readonly quantityColumn?: string;
  readonly unitPriceColumn?: string;
  readonly lineTotalColumn?: string;
  readonly currencyColumn?: string;
  readonly orderTotalColumn?: string;
  readonly shippingColumn?: string;
  readonly taxColumn?: string;
  readonly discountColumn?: string;
  readonly currency?: string;
  readonly delimiter?: string;
  readonly quoting?: Quoting;
  readonly encoding?: string;
  readonly decimal?: 'point' | 'comma';
  readonly roundFloats?: true;
  readonly tax?: 'added' | 'included';
  readonly chargesPer?: 'order' | 'line';
  readonly repeats?: 'drop' | 'keep';
  readonly carryDown?: true;
}

const CONCURRENCY_DEFAULT = 4;
const CONCURRENCY_MAX = 256;

/** Adds the options of `submit`. */
export function withSubmitOptions(submit: Command): Command {
  const choice = (name: string, about: string, values: string[]) =>
    new Option(name, about).choices(values);
  return submit
    .argument('<FILE>', 'NDJSON or CSV; - is standard input')
    .addOption(choice('--format <format>', 'of FILE', ['csv', 'ndjson']))
    .option('--dry-run', 'show what was understood, and send nothing')
    .option('--yes', 'do not ask: leave out doubtful orders, and replace with --replace')
    .addOption(
      new Option('--replace', 'replace orders that were accepted with other content').conflicts(
        'dryRun',
      ),
    )
    .option('--rejects <FILE>', 'write the orders that are not accepted to this file')
    .option('--concurrency <n>', 'batches at once', countTo(CONCURRENCY_MAX), CONCURRENCY_DEFAULT)
    .option('--json', 'print all of it as JSON')
    .addOption(
      choice(
        '--profile <system>',
        'CSV: an export of this system',
        PROFILES.map(({ name }) => name),
      ),
    )
    .option('--key-column <name>', 'CSV: the order number; rows that share it are one order')
    .option('--customer-column <name>', 'CSV: the customer')
    .option('--sku-column <name>', 'CSV: what is ordered')
    .option('--description-column <name>', 'CSV: its description')
    .option('--quantity-column <name>', 'CSV: how many')
    .option('--unit-price-column <name>', "CSV: the price of one, in the currency's major unit")
    .option('--line-total-column <name>', 'CSV: the price of all of the line')
    .option('--currency-column <name>', 'CSV: the currency of each order')
    .option('--order-total-column <name>', 'CSV: the total that the order must have')
    .option('--shipping-column <name>', 'CSV: becomes a line SHIPPING')
    .option('--tax-column <name>', 'CSV: becomes a line TAX')
    .option('--discount-column <name>', 'CSV: is taken off the lines')
    .option('--currency <code>', 'CSV: ISO 4217 code of orders without one, such as GBP')
    .option('--delimiter <character>', 'CSV: between two cells; tab for a tab', delimiter)
    .addOption(choice('--quoting <way>', 'CSV: whether quotes enclose cells', ['double', 'none']))
    .option('--encoding <name>', 'of FILE, such as windows-1252', encoding)
    .addOption(choice('--decimal <sign>', 'CSV: the decimal sign', ['point', 'comma']))
    .option('--round-floats', 'CSV: round floating-point artifacts such as 22.200000000000003')
    .addOption(
      choice('--tax <how>', 'CSV: tax is added to the prices, or included in them', [
        'added',
        'included',
      ]),
    )
    .addOption(
      choice(
        '--charges-per <what>',
        'CSV: whether charges repeated in several rows are per order or per line',
        ['order', 'line'],
      ),
    )
    .addOption(
      choice(
        '--repeats <how>',
        'CSV: what to do with repeated rows that are apart from the first ones',
        ['drop', 'keep'],
      ),
    )
    .option('--carry-down', 'CSV: rows without an order number belong to the order above')
    .addHelpText('after', SUBMIT_HELP);
}

function delimiter(text: string): string {
  const character = text === 'tab' || text === '\\t' ? '\t' : text;
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new InvalidArgumentError('It is one character other than a quote, or tab.');
}

function encoding(text: string): string {
  try {
    return new TextDecoder(text).encoding;
  } catch {
    throw new InvalidArgumentError('It is the name of an encoding, such as windows-1252.');
  }
}

const DECIMALS: Readonly<Record<string, Decimal>> = { point: '.', comma: ',' };

/** What the flags say about a CSV file. */
export function csvOptions(flags: SubmitFlags): CsvOptions {
  const { currency: code } = flags;
  const currency = code === undefined ? undefined : findCurrency(code.toUpperCase());
  if (code !== undefined && !currency) {
    throw usageFailure(
      `${code} is not an ISO 4217 currency with a minor unit, such as GBP or JPY.`,
    );
  }
  const charges: [ChargeKind, string | undefined][] = [
    ['shipping', flags.shippingColumn],
    ['tax', flags.taxColumn],
    ['discount', flags.discountColumn],
  ];
  const columns = {
    orderNumber: flags.keyColumn,
    customer: flags.customerColumn,
    sku: flags.skuColumn,
    description: flags.descriptionColumn,
    quantity: flags.quantityColumn,
    unitPrice: flags.unitPriceColumn,
    lineTotal: flags.lineTotalColumn,
    currency: flags.currencyColumn,
    orderTotal: flags.orderTotalColumn,
  };
  const named = Object.entries(columns).filter(([, name]) => name !== undefined);
  return {
    profile: flags.profile,
    columns: Object.fromEntries(named),
    charges: charges.flatMap(([kind, column]) => (column === undefined ? [] : [{ kind, column }])),
    currency,
    delimiter: flags.delimiter,
    quoting: flags.quoting,
    decimal: flags.decimal && DECIMALS[flags.decimal],
    isRounding: flags.roundFloats ?? false,
    tax: flags.tax,
    chargesPer: flags.chargesPer,
    repeats: flags.repeats,
    isCarriedDown: flags.carryDown ?? false,
  };
}
