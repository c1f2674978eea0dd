import { extname } from 'node:path';
import type { Client } from '../lib/client/client.ts';
import { type CsvOptions, readCsvOrders } from './csv-orders.ts';
import { EXIT, usageFailure } from './failure.ts';
import { readText } from './input.ts';
import { findCurrency } from './money.ts';
import { readNdjsonOrders } from './ndjson-orders.ts';
import { progressDisplay } from './progress.ts';
import { openRejectsFile, rejectsCsv } from './rejects-file.ts';
import { submitJson, submitReport } from './report.ts';
import type { OrdersFile } from './submission.ts';
import { submitFile, type Tally } from './submit.ts';

/** The options of `submit`, as the argument parser names them. */
export interface SubmitFlags {
  readonly format?: 'csv' | 'ndjson';
  readonly keyColumn?: string;
  readonly customerColumn?: string;
  readonly skuColumn?: string;
  readonly descriptionColumn?: string;
  readonly quantityColumn?: string;
  readonly unitPriceColumn?: string;
  readonly currency?: string;
  readonly delimiter: string;
  readonly rejects?: string;
  readonly concurrency: number;
  readonly json?: true;
}

/** `submit FILE`: prints what became of the file. @returns the exit code */
export async function submitCommand(
  client: Client,
  file: string,
  flags: SubmitFlags,
): Promise<number> {
  const orders = await readOrders(file, flags);
  const rejectsFile =
    flags.rejects === undefined ? undefined : await openRejectsFile(flags.rejects, file);
  const tally = await submitShowingProgress(client, orders, flags.concurrency);
  await rejectsFile?.writeFile(rejectsCsv(tally.rejects));
  await rejectsFile?.close();
  process.stdout.write(flags.json ? submitJson(tally) : submitReport(tally, flags.rejects));
  if (tally.end.kind === 'failed') throw tally.end.failure;
  if (tally.end.kind === 'stopped') return EXIT.interrupted;
  return tally.rejects.length === 0 || rejectsFile ? EXIT.done : EXIT.failed;
}

/** The whole file is read before the first order is sent: an order's rows may stand anywhere in it. */
async function readOrders(file: string, flags: SubmitFlags): Promise<OrdersFile> {
  const format = flags.format ?? formatOf(file);
  if (format === 'ndjson') return readNdjsonOrders(readText(file));
  const options = csvOptions(flags);
  return readCsvOrders(readText(file), options);
}

function formatOf(file: string): 'csv' | 'ndjson' {
  const extension = extname(file).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.ndjson' || extension === '.jsonl') return 'ndjson';
  throw usageFailure(
    `The name ${file} does not tell the format (.csv, .ndjson, .jsonl): give --format csv or ndjson.`,
  );
}

function csvOptions(flags: SubmitFlags): CsvOptions {
  const { keyColumn, customerColumn, skuColumn, quantityColumn, unitPriceColumn, currency } = flags;
  const needed = {
    '--key-column': keyColumn,
    '--customer-column': customerColumn,
    '--sku-column': skuColumn,
    '--quantity-column': quantityColumn,
    '--unit-price-column': unitPriceColumn,
    '--currency': currency,
  };
  const missing = Object.entries(needed).flatMap(([flag, value]) => (value ? [] : [flag]));
  if (
    !keyColumn ||
    !customerColumn ||
    !skuColumn ||
    !quantityColumn ||
    !unitPriceColumn ||
    !currency
  ) {
    throw usageFailure(`A CSV file also needs ${missing.join(', ')}. See submit --help.`);
  }
  const found = findCurrency(currency);
  if (!found) {
    throw usageFailure(
      `${currency} is no ISO 4217 currency with a minor unit, such as GBP or JPY.`,
    );
  }
  return {
    columns: {
      key: keyColumn,
      customer: customerColumn,
      sku: skuColumn,
      description: flags.descriptionColumn,
      quantity: quantityColumn,
      unitPrice: unitPriceColumn,
    },
    currency: found,
    delimiter: flags.delimiter,
  };
}

async function submitShowingProgress(
  client: Client,
  orders: OrdersFile,
  concurrency: number,
): Promise<Tally> {
  const count = orders.submissions.length + orders.rejects.length;
  const display = progressDisplay(process.stderr, count);
  const interrupt = stopOnInterrupt(() => {
    display.end();
    process.stderr.write(STOPPING);
  });
  try {
    const { signal: stop } = interrupt;
    return await submitFile(client, orders, { concurrency, stop, onProgress: display.show });
  } finally {
    display.end();
    interrupt.end();
  }
}

/** npm passes Ctrl-C on to a command that has had it from the terminal already: one key, two signals. */
const ONE_INTERRUPT_MS = 1000;
const STOPPING =
  'Stopping: waiting for the answers to what was sent. Ctrl-C again to end at once.\n';

/** The first Ctrl-C stops in good order; another one, later, ends the command at once. */
function stopOnInterrupt(onStop: () => void): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const interrupt = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      controller.abort();
      onStop();
    } else if (performance.now() - firstAtMs > ONE_INTERRUPT_MS) {
      process.exit(EXIT.interrupted);
    }
  };
  process.on('SIGINT', interrupt);
  return { signal: controller.signal, end: () => process.off('SIGINT', interrupt) };
}
