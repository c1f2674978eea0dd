import { grouped } from '../money.ts';
import { table } from '../text.ts';
import { ASSUMED, type Commands, type Design, type Item } from './designs.ts';
import { LOOKED_UP_ON, PRICES, type Priced, UPSTASH_PLANS } from './prices.ts';
import type { Workload } from './workload.ts';

const NAMES: Record<Priced, string> = {
  upstashCommands: 'Redis commands',
  upstashStorage: 'Redis storage',
  sqsRequests: 'SQS requests',
  dynamoWrites: 'DynamoDB writes',
  dynamoStorage: 'DynamoDB storage',
  apiRequests: 'API Gateway',
  lambdaRequests: 'Lambda requests',
  lambdaGbSeconds: 'Lambda GB-s',
  logs: 'logs',
  metrics: 'metrics',
  secrets: 'secrets',
  secretReads: 'secret reads',
};

const COMMANDS: Record<keyof Commands, string> = {
  submits: 'submits',
  drains: 'drains that find orders',
  idleDrains: 'drains that find none',
  upkeep: 'upkeep',
  events: 'events',
  rateLimit: 'the limit per client',
  stock: 'stock',
};

export interface CostReport {
  readonly workload: Workload;
  readonly isFreeTier: boolean;
  readonly commands: Commands;
  readonly designs: readonly Design[];
}

/** For a terminal, within 80 columns. */
export function costReport({ workload, isFreeTier, commands, designs }: CostReport): string {
  const { orders, batch, hours } = workload;
  const head =
    `${grouped(orders)} orders a month, ${batch} to a submit, spread over ${hours} hours.\n` +
    `US dollars a month; free tiers are ${isFreeTier ? 'counted' : 'not counted'}.\n`;
  return [head, pricesOf(designs), commandsTable(commands, orders), notes(workload)].join('\n');
}

const NAME_WIDTH = 17;
const UNITS_WIDTH = 10;
const DOLLARS_WIDTH = 11;

/** A row for each thing that is paid for; how many of it, and dollars, beneath each design. */
function pricesOf(designs: readonly Design[]): string {
  const used = (Object.keys(NAMES) as Priced[]).filter((name) =>
    designs.some(({ items }) => (itemOf(items, name)?.units ?? 0) > 0),
  );
  const heads = designs.map(({ name }) => name.padStart(UNITS_WIDTH + DOLLARS_WIDTH));
  const rows = used.map((name) => [
    NAMES[name].padEnd(NAME_WIDTH),
    ...designs.map(({ items }) => cell(itemOf(items, name), name)),
  ]);
  const sums = designs.map(({ dollars }) => money(dollars).padStart(UNITS_WIDTH + DOLLARS_WIDTH));
  const plans = designs.map(({ plan = '-' }) => plan.padStart(UNITS_WIDTH + DOLLARS_WIDTH));
  const lines = [
    [''.padEnd(NAME_WIDTH), ...heads],
    ...rows,
    ['together'.padEnd(NAME_WIDTH), ...sums],
    ['Upstash plan'.padEnd(NAME_WIDTH), ...plans],
  ];
  return lines.map((cells) => `${cells.join('').trimEnd()}\n`).join('');
}

function itemOf(items: readonly Item[], name: Priced): Item | undefined {
  return items.find((item) => item.name === name);
}

function cell(item: Item | undefined, name: Priced): string {
  if (item === undefined) return '-'.padStart(UNITS_WIDTH) + ''.padStart(DOLLARS_WIDTH);
  const units = amount(item.units, PRICES[name].unit);
  return units.padStart(UNITS_WIDTH) + money(item.dollars).padStart(DOLLARS_WIDTH);
}

function amount(units: number, unit: string): string {
  if (unit === 'GB') return `${short(units)} GB`;
  if (units < 1_000_000) return grouped(Math.round(units));
  return `${short(units / 1_000_000)} M`;
}

/** With no more digits than a cell has room for beside its neighbour. */
function short(value: number): string {
  return value.toFixed(value < 999.995 ? 2 : 0);
}

function money(dollars: number): string {
  if (dollars === 0) return '0';
  if (dollars < 0.01) return '<0.01';
  return dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function commandsTable(commands: Commands, orders: number): string {
  const used = (Object.keys(COMMANDS) as (keyof Commands)[]).filter((name) => commands[name] > 0);
  const rows = used.map((name) => [`  ${COMMANDS[name]}`, amount(commands[name], 'commands')]);
  const widest = Math.max(...rows.map(([, count = '']) => count.length));
  const own = ((commands.submits + commands.drains) / orders).toFixed(2);
  const title = `Sluice's commands; ${own} for the life of an order:\n`;
  return title + table(rows.map(([name = '', count = '']) => [name, count.padStart(widest)]));
}

function notes({ orderBytes, readRegions }: Workload): string {
  const { submitMs, drainMs, logBytes } = ASSUMED;
  const regions =
    readRegions === 0 ? '' : `Writes are billed again for each of ${readRegions} read regions.\n`;
  return `\
Every design gets the cheapest Upstash plan that holds its commands and orders,
whose price stands beside its commands; the free plan ends at ${grouped(UPSTASH_PLANS.free.commands)} commands.
${regions}Commands were counted by redis-server itself (cli/cost/measured.json).
Assumed, and not measured on AWS: ${submitMs} ms for a submit and ${drainMs} ms for a batch of
a drain; ${orderBytes} bytes for a kept order; ${logBytes} bytes of log for an invocation.
SQS + DynamoDB is its best case: a write and its message may part, and no outbox
is paid for. BullMQ too: the machine that its worker runs on is not paid for.
Left out: status reads, taxes, data transfer, the downstream system, cold
starts, waking, alarms, KMS, what is free for a first year. Schedules are free.
Prices: us-east-1, looked up on ${LOOKED_UP_ON}; cli/cost/prices.ts has the source
and the day of each, and which are quoted from others than the vendor.
`;
}
