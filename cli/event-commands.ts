import type { Command } from 'commander';
import { withStage } from './deployment/commands.ts';
import type { EventsChoiceFlags, EventsFlags } from './events-command.ts';
import { EVENTS_HELP } from './help.ts';

export function addEventCommands(sluice: Command): void {
  const events = sluice
    .command('events')
    .description('show, retry or drop events that the receiver did not accept')
    .helpCommand(false);

  withStage(events.command('list'))
    .description('print how many events wait, and those that were set aside')
    .option('--json', 'print them as JSON')
    .addHelpText('after', EVENTS_HELP)
    .action(async (flags: EventsFlags) => {
      const { eventsListCommand } = await import('./events-command.ts');
      await eventsListCommand(flags);
    });

  withStage(events.command('retry'))
    .description('announce events that were set aside, before all others')
    .argument('[ID...]', 'their ids, as list prints them')
    .option('--all', 'all of them')
    .option('--json', 'print how many as JSON')
    .addHelpText('after', EVENTS_HELP)
    .action((ids: readonly string[], flags: EventsChoiceFlags) => remove(ids, flags, 'retry'));

  withStage(events.command('drop'))
    .description('forget events that were set aside')
    .argument('[ID...]', 'their ids, as list prints them')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask')
    .option('--json', 'print how many as JSON')
    .addHelpText('after', EVENTS_HELP)
    .action((ids: readonly string[], flags: EventsChoiceFlags) => remove(ids, flags, 'drop'));
}

// What talks to Redis is loaded for these commands only.
async function remove(ids: readonly string[], flags: EventsChoiceFlags, then: 'retry' | 'drop') {
  const { eventsRemoveCommand } = await import('./events-command.ts');
  await eventsRemoveCommand(ids, flags, then);
}
