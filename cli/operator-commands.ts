import type { Command } from 'commander';
import type { Client } from '../lib/client/client.ts';
import type { Conflict } from '../lib/client/errors.ts';
import type { Activity } from '../lib/contract/activity-schemas.ts';
import type { Reasons } from '../lib/contract/reasons-schemas.ts';
import { usageFailure } from './failure.ts';
import { formatMoney, grouped } from './money.ts';
import { ACTIVITY_HELP, EXPLAIN_HELP, PAUSE_HELP } from './operator-help.ts';
import { countTo } from './options.ts';
import { type OutputFlags, ofOrder } from './order-commands.ts';
import { countOf, json, shortened } from './report.ts';
import { printable, table } from './text.ts';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const HOURS_MAX = 168;
const STEPS_WANTED = 60;

/** The commands that tell what the console shows, and pause the drains. */
export function addOperatorCommands(sluice: Command, connect: () => Client): void {
  sluice
    .command('explain')
    .description('say why an order is not produced')
    .argument('<ID>', 'the id of its receipt, ord_…')
    .option('--json', 'print it as the API gives it, with the facts')
    .addHelpText('after', EXPLAIN_HELP)
    .action((id, flags) => explainCommand(connect(), id, flags));

  sluice
    .command('activity')
    .description('print what the drains did')
    .option('--hours <n>', 'how far back', countTo(HOURS_MAX), 1)
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', ACTIVITY_HELP)
    .action((flags) => activityCommand(connect(), flags));

  sluice
    .command('pause')
    .description('pause all drains; orders are still accepted')
    .requiredOption('--for <time>', 'how long, an hour at most: 90s, 10m, 1h')
    .option('--reason <text>', 'shown to whoever asks')
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', PAUSE_HELP)
    .action((flags) => pauseCommand(connect(), flags));

  sluice
    .command('resume')
    .description('end a pause')
    .option('--json', 'print it as the API gives it')
    .addHelpText('after', PAUSE_HELP)
    .action((flags) => resumeCommand(connect(), flags));
}

/** `explain ID`: prints why an order is not produced. */
async function explainCommand(client: Client, id: string, flags: OutputFlags): Promise<void> {
  const explanation = await ofOrder(id, client.explain(id));
  const { sentence, offers } = explanation;
  const may = offers.length === 0 ? '' : `You may: ${offers.join(', ')}.\n`;
  process.stdout.write(flags.json ? json(explanation) : `${printable(sentence)}\n${may}`);
}

/** `pause --for TIME`: prints until when. */
async function pauseCommand(
  client: Client,
  flags: OutputFlags & { readonly for: string; readonly reason?: string },
): Promise<void> {
  const [, count = '', unit = ''] = /^(\d{1,5})([smh])$/.exec(flags.for) ?? [];
  const forMs = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (!(forMs >= 1_000 && forMs <= 3_600_000)) {
    throw usageFailure('--for must be a time from 1s to 1h, such as 90s, 10m or 1h.');
  }
  const { reason } = flags;
  const pause = await client.pause({ forMs, ...(reason !== undefined && { reason }) });
  process.stdout.write(flags.json ? json(pause) : `paused until ${pause.until}\n`);
}

/** `resume`: prints whether there was a pause. */
async function resumeCommand(client: Client, flags: OutputFlags): Promise<void> {
  const { resumed } = await client.resume();
  const text = resumed ? 'the drains go on\n' : 'there was no pause\n';
  process.stdout.write(flags.json ? json({ resumed }) : text);
}

/** `activity`: prints steps in which something happened. */
async function activityCommand(
  client: Client,
  { hours, json: asJson }: OutputFlags & { readonly hours: number },
): Promise<void> {
  const to = new Date(Date.now() + 1);
  const from = new Date(to.getTime() - hours * 3_600_000);
  const step = Math.max(1, Math.ceil((hours * 60) / STEPS_WANTED));
  const activity = await client.activity({
    ...{ from: from.toISOString(), to: to.toISOString(), step },
  });
  process.stdout.write(asJson ? json(activity) : activityReport(activity));
}

function activityReport({ buckets, drains, lastSeenAt }: Activity): string {
  const cell = (value: number | null) => (value === null ? '–' : grouped(value));
  const seconds = (ms: number | null) => (ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`);
  const header = ['from', 'in', 'claimed', 'produced', 'retried', 'dead', 'depth', 'oldest', 'p95'];
  const rows = buckets
    .filter(({ drains: count, depth }) => count > 0 || depth !== null)
    .map((step) => [
      ...[step.at, cell(step.cameIn), cell(step.claimed), cell(step.produced), cell(step.retried)],
      ...[cell(step.dead), cell(step.depth), seconds(step.oldestAgeMs), seconds(step.p95Ms)],
    ]);
  const seen =
    lastSeenAt === null ? 'No drain was seen.\n' : `A drain was seen at ${lastSeenAt}.\n`;
  const [last] = drains;
  const ending = last === undefined ? '' : `The last one ended ${last.endedAt}: ${last.ending}`;
  const error =
    last?.error === undefined ? '' : `; last error: ${printable(shortened(last.error))}`;
  return `${rows.length === 0 ? '' : table([header, ...rows])}${seen}${ending && `${ending}${error}\n`}`;
}

/** `dead-letters --by-reason`: prints the newest dead orders, grouped by why they died. */
export async function reasonsCommand(client: Client, flags: OutputFlags): Promise<void> {
  const reasons = await client.deadLetterReasons();
  process.stdout.write(flags.json ? json(reasons) : reasonsReport(reasons));
}

function reasonsReport({ groups, examined, dead }: Reasons): string {
  if (examined === 0) return 'no orders\n';
  const header = ['orders', 'first', 'last', 'worth', 'reason'];
  const rows = groups.map(({ count, firstAt, lastAt, sums, reason }) => {
    const worth = Object.entries(sums).map(([currency, sum]) => formatMoney(BigInt(sum), currency));
    return [grouped(count), firstAt, lastAt, worth.join(', '), printable(reason)];
  });
  const read = `grouped ${grouped(examined)} of ${countOf(dead, 'dead order')}, the newest first\n`;
  return `${table([header, ...rows])}${read}`;
}

/** What a drain that was refused says: another is at work, or the drains are paused. */
export function drainRefusal(error: Conflict): string {
  return error.problem.type.endsWith('/paused')
    ? `${printable(error.problem.detail)} (409). sluice resume ends that.`
    : 'Another drain holds the lock (409): it is doing the work. Run this again when it has ended,\n' +
        'in half a minute at most.';
}
