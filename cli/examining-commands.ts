import type { Command } from 'commander';
import { HOURS_OF_MONTH } from './cost/workload.ts';
import { costCommand } from './cost-command.ts';
import { environmentFor, withStage } from './deployment/commands.ts';
import { COST_HELP, DOCTOR_HELP } from './help.ts';
import { countTo } from './options.ts';

const COUNT_MAX = 999_999_999;
const ORDERS_OF_SUBMIT_MAX = 500;
const SLOTS_MAX = 20;

/** The commands that look at a deployment, or at what one would cost, and change nothing. */
export function addExaminingCommands(
  sluice: Command,
  setExitCode: (exitCode: number) => void,
): void {
  withStage(sluice.command('doctor'))
    .description('say what is wrong with Redis, the settings or the API, and how to fix it')
    .option('--conformance', 'only test whether this Redis behaves as Sluice needs')
    .option(
      '--record-mb <n>',
      'what a record may hold on the database’s plan',
      countTo(COUNT_MAX),
      100,
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (flags) => {
      // What talks to Redis is loaded for this command only.
      const { doctorCommand } = await import('./doctor-command.ts');
      setExitCode(await doctorCommand(await environmentFor(flags), flags));
    });

  sluice
    .command('cost')
    .description('estimate what a month of orders costs, beside SQS and BullMQ')
    .requiredOption('--orders <n>', 'orders in a month', countTo(COUNT_MAX))
    .option('--batch <n>', 'orders per submit', countTo(ORDERS_OF_SUBMIT_MAX), 1)
    .option('--hours <n>', 'hours of the month in which they come', countTo(HOURS_OF_MONTH), 730)
    .option('--slots <n>', 'drains side by side', countTo(SLOTS_MAX), 1)
    .option('--retention-days <n>', 'how long an order is kept', countTo(3_650), 30)
    .option('--events', 'announce ended orders')
    .option('--rate-limit', 'limit the requests of each client')
    .option('--stock', 'keep stock, of which every order takes some')
    .option('--read-regions <n>', 'of the Upstash database', countTo(10, 0), 0)
    .option('--order-bytes <n>', 'assumed: of a kept order', countTo(COUNT_MAX), 1_000)
    .option('--no-free-tier', 'ignore free tiers')
    .option('--json', 'print all figures, with the prices and their sources, as JSON')
    .addHelpText('after', COST_HELP)
    .action(costCommand);
}
