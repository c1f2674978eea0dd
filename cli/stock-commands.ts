import type { Command } from 'commander';
import type { Client } from '../lib/client/client.ts';
import { SETTINGS_HELP } from './help.ts';
import { countTo } from './options.ts';
import { changeStockCommand, listStockCommand, untrackStockCommand } from './stock-command.ts';

const STOCK_HELP = `
The command shows what would change and asks, unless you add --yes. The deployment must have
SLUICE_STOCK=on. The key in SLUICE_KEY needs the scope orders:admin.

The first line of FILE.csv names sku, available, and optionally perCustomerMax:
  sku,available,perCustomerMax
  ticket-a,500,2
${SETTINGS_HELP}
Examples:
  SLUICE_KEY=local-admin-key npm run sluice -- stock set stock.csv
  SLUICE_KEY=local-admin-key npm run sluice -- stock set ticket-a 500 --per-customer 2
  SLUICE_KEY=local-admin-key npm run sluice -- stock add ticket-a 20
  SLUICE_KEY=local-admin-key npm run sluice -- stock list --scarcest 10
  SLUICE_KEY=local-admin-key npm run sluice -- stock untrack ticket-a
`;
const SCARCEST_MAX = 500;

/** `stock set | add | list | untrack`. */
export function addStockCommands(sluice: Command, connect: () => Client): void {
  const stock = sluice
    .command('stock')
    .description('set, add to, list and untrack the stock of SKUs')
    .addHelpText('after', STOCK_HELP);
  for (const kind of ['set', 'add'] as const) {
    stock
      .command(kind)
      .description(
        kind === 'set' ? 'set how many are left to sell' : 'add units, or take some away',
      )
      .argument(kind === 'set' ? '<FILE.csv or SKU>' : '<SKU>')
      .argument(kind === 'set' ? '[N]' : '<N>', 'how many')
      .option('--per-customer <n>', 'what one customer may have; none ends a limit')
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the results as the API gives them')
      .addHelpText('after', STOCK_HELP)
      .action((what, units, flags) => changeStockCommand(connect(), kind, { what, units }, flags));
  }
  stock
    .command('list')
    .description('print the stock of all tracked SKUs')
    .option('--scarcest <n>', 'only those with the fewest units left', countTo(SCARCEST_MAX))
    .option('--json', 'print each as a line of JSON')
    .addHelpText('after', STOCK_HELP)
    .action((flags) => listStockCommand(connect(), flags));
  stock
    .command('untrack')
    .description('stop tracking a SKU: orders for it are no longer limited')
    .argument('<SKU>')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', STOCK_HELP)
    .action((sku, flags) => untrackStockCommand(connect(), sku, flags));
}
