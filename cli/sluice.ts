/** The operator's command: `npm run sluice -- submit|get|drain|stats`. */
import { setTimeout as wait } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Api, apiOver } from './api.ts';
import { drainCommand, getCommand, statsCommand } from './commands.ts';
import { EXIT, Failure } from './failure.ts';
import { DRAIN_HELP, GET_HELP, PROGRAM_HELP, STATS_HELP, SUBMIT_HELP } from './help.ts';
import { sender } from './http.ts';
import { readSettings } from './settings.ts';
import { submitCommand } from './submit-command.ts';
import { printable } from './text.ts';

const CONCURRENCY_DEFAULT = 4;
const CONCURRENCY_MAX = 256;

function program(setExitCode: (exitCode: number) => void): Command {
  const sluice = new Command('npm run sluice --')
    .description('Submit orders to Sluice and look after its queue.')
    .helpCommand(false)
    .addHelpText('after', PROGRAM_HELP)
    .exitOverride();

  sluice
    .command('submit')
    .description('submit the orders of a file')
    .argument('<FILE>', 'NDJSON or CSV; - is standard input')
    .addOption(new Option('--format <format>', 'of FILE').choices(['csv', 'ndjson']))
    .option('--key-column <name>', 'CSV: rows that share it are one order')
    .option('--customer-column <name>', 'CSV: the customer')
    .option('--sku-column <name>', 'CSV: what is ordered')
    .option('--description-column <name>', 'CSV: its description (optional)')
    .option('--quantity-column <name>', 'CSV: how many')
    .option('--unit-price-column <name>', "CSV: the price of one, in the currency's major unit")
    .option('--currency <code>', 'CSV: ISO 4217 code of all prices, such as GBP')
    .option('--delimiter <character>', 'CSV: between two cells; tab for a tab', delimiter, ',')
    .option('--rejects <FILE>', 'write all rejected orders to this file, as CSV')
    .option('--concurrency <n>', 'batches at once', concurrency, CONCURRENCY_DEFAULT)
    .option('--json', 'print the summary, with all rejected orders, as JSON')
    .addHelpText('after', SUBMIT_HELP)
    .action(async (file, flags) => setExitCode(await submitCommand(connect(), file, flags)));

  sluice
    .command('get')
    .description('print an order')
    .argument('<ID>', 'the id of its receipt, ord_…')
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', GET_HELP)
    .action((id, flags) => getCommand(connect(), id, flags));

  sluice
    .command('drain')
    .description('produce what is queued, now')
    .option('--until-empty', 'drain again until no order remains')
    .option('--json', 'print each drain as a line of JSON')
    .addHelpText('after', DRAIN_HELP)
    .action((flags) => drainCommand(connect(), flags));

  sluice
    .command('stats')
    .description('print how many orders are in which state')
    .option('--json', 'print them as the API gives them')
    .addHelpText('after', STATS_HELP)
    .action((flags) => statsCommand(connect(), flags));

  return sluice;
}

function connect(): Api {
  const surroundings = {
    wait: (delayMs: number, signal?: AbortSignal) => wait(delayMs, undefined, signal && { signal }),
    random: Math.random,
  };
  return apiOver(sender(readSettings(process.env), surroundings));
}

function delimiter(text: string): string {
  const character = text === 'tab' || text === '\\t' ? '\t' : text;
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new InvalidArgumentError('It is one character other than a quote, or tab.');
}

function concurrency(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= CONCURRENCY_MAX) return count;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${CONCURRENCY_MAX}.`);
}

/** @returns the exit code; what the operator can mend is said without a stack trace */
async function run(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  try {
    await program(setExitCode).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its message, or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!(error instanceof Failure)) throw error;
    const lines = error.message.split('\n').map(printable);
    process.stderr.write(`${lines.join('\n')}\n`);
    return error.exitCode;
  }
}

// A reader that has seen enough (`| head`) closes the pipe: no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await run(process.argv.slice(2));
