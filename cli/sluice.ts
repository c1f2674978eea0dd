/** The operator's command: `npm run sluice -- submit|get|list|…`. */
import { Command, CommanderError, Option } from 'commander';
import { type Client, createClient } from '../lib/client/client.ts';
import { ORDER_STATUSES } from '../lib/orders/order.ts';
import { failureOf } from './api-faults.ts';
import { readApiSettings, userFolder } from './api-settings.ts';
import { addConsoleCommand } from './console-command.ts';
import {
  addKeyCommands,
  addSecretCommands,
  addStageCommands,
  environmentFor,
  withStage,
} from './deployment/commands.ts';
import { addErasureCommands } from './erasure-commands.ts';
import { addEventCommands } from './event-commands.ts';
import { addExaminingCommands } from './examining-commands.ts';
import { EXIT, usageFailure } from './failure.ts';
import {
  CANCEL_HELP,
  DEAD_LETTERS_HELP,
  DRAIN_HELP,
  GET_HELP,
  LIST_HELP,
  MIGRATE_HELP,
  PROGRAM_HELP,
  RECONCILE_HELP,
  REDRIVE_HELP,
  STATS_HELP,
} from './help.ts';
import { addOperatorCommands, reasonsCommand } from './operator-commands.ts';
import { countTo } from './options.ts';
import {
  cancelCommand,
  deadLettersCommand,
  getCommand,
  listCommand,
  type OutputFlags,
  redriveCommand,
} from './order-commands.ts';
import { drainCommand, redriveManyCommand, statsCommand } from './queue-commands.ts';
import { addStockCommands } from './stock-commands.ts';
import { submitCommand } from './submit/command.ts';
import { withSubmitOptions } from './submit/options.ts';
import { printable } from './text.ts';

const LIST_ORDERS_DEFAULT = 50;
const COUNT_MAX = 999_999_999;
/** A queue that is full asks for waits of up to a minute: one call may take this long in all. */
const CALL_MS_MAX = 15 * 60 * 1000;
/** While the server has never answered, its address is the likelier fault: say so soon. */
const TRIES_UNANSWERED_MAX = 3;

function program(setExitCode: (exitCode: number) => void): Command {
  const sluice = new Command('npm run sluice --')
    .description('Submit orders to Sluice and look after its queue.')
    .helpCommand(false)
    .addHelpText('after', PROGRAM_HELP)
    .exitOverride();

  withSubmitOptions(sluice.command('submit').description('submit the orders of a file')).action(
    async (file, flags) => {
      const folder = userFolder(process.env, process.cwd());
      const dependencies = { connect, folder, nowMs: Date.now() };
      setExitCode(await submitCommand(dependencies, file, flags));
    },
  );

  addOrderCommands(sluice);
  addErasureCommands(sluice, connect, setExitCode);
  addQueueCommands(sluice);
  addStockCommands(sluice, connect);
  addOperatorCommands(sluice, connect);
  addConsoleCommand(sluice);
  addExaminingCommands(sluice, setExitCode);
  addEventCommands(sluice);
  addReconcileCommand(sluice, setExitCode);
  addMigrateCommand(sluice);
  addKeyCommands(sluice);
  addSecretCommands(sluice);
  addStageCommands(sluice, setExitCode);
  return sluice;
}

function addOrderCommands(sluice: Command): void {
  sluice
    .command('get')
    .description('print an order')
    .argument('<ID>', 'the id of its receipt, ord_…')
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', GET_HELP)
    .action((id, flags) => getCommand(connect(), id, flags));

  sluice
    .command('list')
    .description('print orders, the newest first')
    .addOption(new Option('--status <status>', 'only of this status').choices(ORDER_STATUSES))
    .option('--customer <customer>', 'only of this customer')
    .option(
      '--from <time>',
      'only orders accepted at this time or later, such as 2026-11-28T09:00:00Z',
    )
    .option('--to <time>', 'only orders accepted before this time')
    .option('--limit <n>', 'how many at most', countTo(COUNT_MAX), LIST_ORDERS_DEFAULT)
    .option('--json', 'print each as a line of JSON, as the API gives it')
    .addHelpText('after', LIST_HELP)
    .action((flags) => listCommand(connect(), flags));

  sluice
    .command('cancel')
    .description('cancel an order before it is produced')
    .argument('<ID>', 'the id of its receipt, ord_…')
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', CANCEL_HELP)
    .action((id, flags) => cancelCommand(connect(), id, flags));
}

function addQueueCommands(sluice: Command): void {
  sluice
    .command('drain')
    .description('produce what is queued, now')
    .option('--until-empty', 'drain again until no order is ready')
    .option('--json', 'print each drain as a line of JSON')
    .addHelpText('after', DRAIN_HELP)
    .action((flags) => drainCommand(connect(), flags));

  sluice
    .command('stats')
    .description('count the orders in each state')
    .option('--json', 'print them as the API gives them')
    .addHelpText('after', STATS_HELP)
    .action((flags) => statsCommand(connect(), flags));

  sluice
    .command('dead-letters')
    .description('print the dead orders, the latest first')
    .option('--limit <n>', 'how many at most', countTo(COUNT_MAX), LIST_ORDERS_DEFAULT)
    .option('--by-reason', 'the newest 1,000, grouped by why they died')
    .option('--json', 'print each as a line of JSON, as the API gives it')
    .addHelpText('after', DEAD_LETTERS_HELP)
    .action(({ byReason, ...flags }) =>
      byReason ? reasonsCommand(connect(), flags) : deadLettersCommand(connect(), flags),
    );

  sluice
    .command('redrive')
    .description('put dead orders back, the oldest first')
    .argument('[ID]', 'the id of one order, ord_…')
    .addOption(new Option('--all', 'all that are dead now').conflicts('limit'))
    .option('--limit <n>', 'at most so many', countTo(COUNT_MAX))
    .option('--json', 'print the order, or how many, as JSON')
    .addHelpText('after', REDRIVE_HELP)
    .action(redrive);
}

function addReconcileCommand(sluice: Command, setExitCode: (exitCode: number) => void): void {
  withStage(sluice.command('reconcile'))
    .description('find orders that are lost or in the wrong place')
    .option('--repair', 'repair what can be repaired')
    .option('--thorough', 'compare all ended orders, not only the new ones')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', RECONCILE_HELP)
    .action(async (flags) => {
      // What talks to Redis is loaded for this command only.
      const { reconcileCommand } = await import('./reconcile-command.ts');
      setExitCode(await reconcileCommand(await environmentFor(flags), flags));
    });
}

function addMigrateCommand(sluice: Command): void {
  withStage(sluice.command('migrate'))
    .description('create the tables of the Postgres producer')
    .option('--dry-run', 'print what would be applied, and change nothing')
    .addHelpText('after', MIGRATE_HELP)
    .action(async (flags) => {
      // What talks to PostgreSQL is loaded for this command only.
      const { migrateCommand } = await import('./migrate-command.ts');
      await migrateCommand(await environmentFor(flags), flags);
    });
}

async function redrive(
  id: string | undefined,
  flags: OutputFlags & { readonly all?: true; readonly limit?: number },
): Promise<void> {
  const isMany = flags.all === true || flags.limit !== undefined;
  if (isMany === (id !== undefined)) throw usageFailure('Give one of ID, --all and --limit.');
  if (id === undefined) await redriveManyCommand(connect(), flags);
  else await redriveCommand(connect(), id, flags);
}

function connect(): Client {
  return createClient({
    ...readApiSettings(process.env),
    timeoutMs: CALL_MS_MAX,
    triesUnansweredMax: TRIES_UNANSWERED_MAX,
  });
}

/** @returns the exit code; what the operator can fix is said without a stack trace */
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
    const failure = failureOf(error);
    if (!failure) throw error;
    const lines = failure.message.split('\n').map(printable);
    process.stderr.write(`${lines.join('\n')}\n`);
    return failure.exitCode;
  }
}

// A reader that has seen enough (`| head`) closes the pipe: no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await run(process.argv.slice(2));
