import { extname, resolve } from 'node:path';
import type { Client } from '../../lib/client/client.ts';
import { canAsk, isAgreed } from '../ask.ts';
import { CommandFailure, EXIT, usageFailure } from '../failure.ts';
import { grouped } from '../money.ts';
import { countOf } from '../report.ts';
import { readCsv } from './csv.ts';
import { stopOnInterrupt } from './interrupt.ts';
import { type Look, lookAt, submissionsOf } from './look.ts';
import { readNdjson } from './ndjson.ts';
import { csvOptions, type SubmitFlags } from './options.ts';
import { progressDisplay } from './progress.ts';
import { openRejectsFile, writeRejects } from './rejects.ts';
import { replaceStep } from './replace-step.ts';
import { keptReport, lookReport, submitJson, submitReport } from './report.ts';
import { acceptedOf, sendOrders, type Tally } from './send.ts';
import { openSource, STDIN } from './source.ts';
import type { Understood } from './understood.ts';

/** How many rejected and doubtful orders `--json` lists; `--rejects` writes them all. */
const LISTED_MAX = 1_000;
/** Smaller files are read in a moment: no progress is shown. */
const BYTES_SHOWN_MIN = 16 * 1024 * 1024;
const ORDERS_SHOWN_MIN = 50_000;

export interface SubmitDependencies {
  /** Called before the file is read, so that a missing key is reported at once. */
  readonly connect: () => Client;
  /** The operator's current folder: FILE is relative to it. */
  readonly folder: string;
  readonly nowMs: number;
}

/**
 * `submit FILE`: reads the whole file, shows how it was understood, and sends the clear orders.
 *
 * @returns the exit code
 */
export async function submitCommand(
  { connect, folder, nowMs }: SubmitDependencies,
  given: string,
  flags: SubmitFlags,
): Promise<number> {
  const file = given === STDIN ? STDIN : resolve(folder, given);
  const rejects = flags.rejects === undefined ? undefined : resolve(folder, flags.rejects);
  const options = csvOptions(flags);
  const client = flags.dryRun ? undefined : connect();
  const source = await openSource(file, given, flags.encoding);
  try {
    const format = flags.format ?? formatOf(given);
    const rejectsFile = rejects === undefined ? undefined : await openRejectsFile(rejects, file);
    const understood = await reading((onProgress) =>
      format === 'ndjson'
        ? readNdjson(source, nowMs, onProgress)
        : readCsv(source, options, nowMs, onProgress),
    );
    const look = looking(understood);
    const kept = look.doubtful + look.rejected;
    if (!flags.json) {
      process.stdout.write(lookReport(source, understood, look));
      process.stdout.write(keptReport(understood.sheet.firstKept(LISTED_MAX), kept, flags.rejects));
    }
    const sent = await decided(client, understood, look, flags);
    if (rejectsFile) await writeRejects(rejectsFile, understood);
    await rejectsFile?.close();
    const listed = understood.sheet.firstKept(LISTED_MAX);
    if (flags.json) process.stdout.write(submitJson(source, understood, look, listed, sent));
    else if (typeof sent !== 'string') {
      process.stdout.write(`\n${submitReport(look, sent)}`);
      const refused = sent.rejected + sent.different;
      const all = refused === 0 ? 0 : kept + refused;
      process.stdout.write(keptReport(listed, all, flags.rejects));
    }
    understood.sheet.close();
    return exitCodeOf(look, sent);
  } finally {
    await source.handle.close();
  }
}

function formatOf(file: string): 'csv' | 'ndjson' {
  const extension = extname(file).toLowerCase();
  if (['.csv', '.tsv', '.tab', '.txt'].includes(extension)) return 'csv';
  if (extension === '.ndjson' || extension === '.jsonl') return 'ndjson';
  throw usageFailure(
    `The format is not clear from the name ${file} (.csv, .tsv, .txt; .ndjson, .jsonl): use --format csv or --format ndjson.`,
  );
}

async function reading(
  read: (onProgress: (done: number, total: number) => void) => Promise<Understood>,
): Promise<Understood> {
  const step = { name: 'reading', unit: 'bytes', totalMin: BYTES_SHOWN_MIN };
  const display = progressDisplay(process.stderr, step);
  try {
    return await read(display.show);
  } catch (cause) {
    const isSheet = cause instanceof Error && 'code' in cause && cause.code === 'ERR_SQLITE_ERROR';
    if (!isSheet) throw cause;
    const advice = 'Set TMPDIR to a folder with room for three times the size of the file.';
    throw new CommandFailure(
      `The rows cannot be stored in a temporary file: ${cause.message}. ${advice}`,
      {
        cause,
      },
    );
  } finally {
    display.end();
  }
}

function looking(understood: Understood): Look {
  const step = { name: 'checking', unit: 'orders', totalMin: ORDERS_SHOWN_MIN };
  const display = progressDisplay(process.stderr, step);
  try {
    return lookAt(understood, display.show);
  } finally {
    display.end();
  }
}

/** Sends the clear orders, unless it is a dry run or something is doubtful and nobody agrees. */
async function decided(
  client: Client | undefined,
  understood: Understood,
  look: Look,
  flags: SubmitFlags,
): Promise<Tally | 'dry-run' | 'refused'> {
  if (!client) return 'dry-run';
  if (look.doubtful > 0 && !flags.yes) {
    const isSent = look.clear > 0 && canAsk(flags) && (await isAgreed(question(look)));
    if (!isSent) {
      process.stderr.write(refusal(look));
      return 'refused';
    }
  }
  const tally = await sending(client, understood, look, flags.concurrency);
  if (flags.replace) await replaceStep(client, understood, tally, flags);
  return tally;
}

function question({ clear, doubtful }: Look): string {
  const left = `leave out ${grouped(doubtful)} that can be read in more than one way`;
  return `Send ${countOf(clear, 'order')}, and ${left}?`;
}

function refusal({ clear, doubtful }: Look): string {
  const others = clear === 0 ? '' : `, or --yes to send only the clear ones (${grouped(clear)})`;
  return (
    `Nothing was sent, as ${countOf(doubtful, 'order')} can be read in more than one way. Use the options named\n` +
    `in the reasons${others}.\n`
  );
}

async function sending(
  client: Client,
  understood: Understood,
  { clear: orders }: Look,
  concurrency: number,
): Promise<Tally> {
  const display = progressDisplay(process.stderr, {
    name: 'submitting',
    unit: 'orders',
    totalMin: 1,
  });
  const interrupt = stopOnInterrupt(() => display.end());
  try {
    return await sendOrders(client, submissionsOf(understood, 'clear'), {
      orders,
      concurrency,
      stop: interrupt.signal,
      onProgress: ({ ordersDone, rejected }) =>
        display.show(ordersDone, orders, `, ${grouped(rejected)} rejected`),
      onReject: (kept) => understood.sheet.keep(kept),
    });
  } finally {
    display.end();
    interrupt.end();
  }
}

function exitCodeOf(look: Look, sent: Tally | 'dry-run' | 'refused'): number {
  if (sent === 'refused') return EXIT.failed;
  const isDryRun = sent === 'dry-run';
  if (!isDryRun && sent.end.kind === 'failed') throw sent.end.failure;
  if (!isDryRun && sent.end.kind === 'stopped') return EXIT.interrupted;
  const accepted = isDryRun ? look.clear : acceptedOf(sent);
  if (accepted === look.orders) return EXIT.done;
  return accepted === 0 ? EXIT.failed : EXIT.some;
}
