import type { Command } from 'commander';
import type { Client } from '../lib/client/client.ts';
import { eraseCustomerCommand, exportCommand } from './customer-command.ts';
import { eraseCommand } from './erase-command.ts';
import { usageFailure } from './failure.ts';
import { SETTINGS_HELP } from './help.ts';

const ERASE_HELP = `
Shows the order and asks; without a terminal it erases nothing unless --yes is given. Erased are
customer, reference, lines, metadata, result, errors and earlier contents, here and by the next drain
downstream, if the producer can. The id, the client and how the order ended stay, and its key stays
used. An order that waits or is dead will not be produced. Erasing it again is no fault. Backups of the
database keep what they have: docs/privacy.md. With --customer, an order that is being produced is left. The key in SLUICE_KEY needs the scope orders:admin.
${SETTINGS_HELP}
Examples:
  SLUICE_KEY=local-admin-key npm run sluice -- erase ord_0123456789
  SLUICE_KEY=local-admin-key npm run sluice -- erase --customer 17850 --record erased.json
`;

const EXPORT_HELP = `
The key in SLUICE_KEY needs the scope orders:admin for the orders of all clients; with orders:read it gets
those of its own client. A list of all orders is read for it, 100 at a request.
${SETTINGS_HELP}
Example:
  npm run --silent sluice -- export --customer 17850 --out 17850.ndjson
`;

/** What people may ask for about the data that is kept of them. */
export function addErasureCommands(
  sluice: Command,
  connect: () => Client,
  setExitCode: (exitCode: number) => void,
): void {
  sluice
    .command('erase')
    .description('erase what an order holds, or all orders of a customer, for good')
    .argument('[ID]', 'the id of its receipt, ord_…')
    .option('--customer <customer>', 'all orders of this customer, of all clients')
    .option('--yes', 'do not ask')
    .option('--record <file>', 'with --customer: also write what was erased to a new file')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', ERASE_HELP)
    .action(async (id, flags) => {
      const { customer } = flags;
      if ((id === undefined) === (customer === undefined)) {
        throw usageFailure('Give either ID or --customer.');
      }
      if (id !== undefined) await eraseCommand(connect(), id, flags);
      else setExitCode(await eraseCustomerCommand(connect(), flags, Date.now));
    });

  sluice
    .command('export')
    .description('print all that is kept of a customer’s orders, one line of JSON each')
    .requiredOption('--customer <customer>', 'whose orders, of all clients')
    .option('--out <file>', 'write them to a new file that only you can read')
    .addHelpText('after', EXPORT_HELP)
    .action((flags) => exportCommand(connect(), flags));
}
