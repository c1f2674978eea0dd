import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { median, rounded } from './figures.ts';
import { rushChart } from './rush/chart.ts';
import { type Answered, downstream, offer } from './rush/offer.ts';
import { type Postgres, startPostgres } from './rush/postgres.ts';
import { type Sluice, startSluice } from './rush/sluice.ts';

const FILE = new URL('../docs/rush.svg', import.meta.url);
const ORDERS = 2_000;
const ROUNDS = 1;
const DELAY_MS = 1;
/** What production does for an order besides: a call of another system, and how many that one takes. */
const STEP_MS = 50;
const STEPS_MAX = 100;

/** A way to take orders. */
interface Way {
  readonly name: string;
  /** Numbers of connections or instances, and how many orders show which of them suits it best. */
  readonly widths: readonly number[];
  readonly trialOrders: number;
  run(orders: number, width: number, step?: () => Promise<void>): Promise<Answered>;
}

/** One way as it was measured. */
export interface Measured {
  readonly name: string;
  /** As many connections or instances as suit it best. */
  readonly width: number;
  /** How long clients wait where nothing else is to be done for an order. */
  readonly alone: Answered;
  /** And where production is to call another system for each. */
  readonly withStep: Answered;
  /** The 99th percentile of each round, as a multiple of that of Sluice. */
  readonly ratios: readonly number[];
}

/**
 * 10,000 orders for one item, all at once: to Sluice, and to PostgreSQL as an ORM writes an order and
 * in one statement. Both write through to the disk before they answer. Draws the chart of it.
 */
export async function rush(): Promise<string> {
  const sluice = await startSluice(DELAY_MS);
  const postgres = await startPostgres(DELAY_MS);
  try {
    const ways = await measure([sluiceWay(sluice), ormWay(postgres), oneStatementWay(postgres)]);
    const settings = settingsOf(sluice, postgres, ways);
    writeFileSync(FILE, rushChart({ ways, orders: ORDERS, settings }));
    return [
      `a rush of ${rounded(ORDERS)} orders for one item, ${ROUNDS} rounds in turn`,
      ...ways.map(lineOf),
      ...settings.map((line) => `  ${line}`),
    ].join('\n');
  } finally {
    await postgres.stop();
    await sluice.stop();
  }
}

async function measure(ways: readonly Way[]): Promise<Measured[]> {
  const widths: number[] = [];
  for (const way of ways) widths.push(await bestWidth(way));
  const rounds: Answered[][] = ways.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, way] of ways.entries()) {
      rounds[at]?.push(await way.run(ORDERS, widths[at] ?? 1));
    }
  }
  const measured: Measured[] = [];
  for (const [at, way] of ways.entries()) {
    const [own = [], ours = []] = [rounds[at], rounds[0]];
    measured.push({
      name: way.name,
      width: widths[at] ?? 1,
      alone: medians(own),
      withStep: await way.run(ORDERS, widths[at] ?? 1, downstream(STEP_MS, STEPS_MAX)),
      ratios: own.map(({ p99Ms }, round) => p99Ms / (ours[round]?.p99Ms ?? Number.NaN)),
    });
  }
  return measured;
}

/** The number with which the most orders are answered in a second. The first one warms up. */
async function bestWidth({ widths, trialOrders, run }: Way): Promise<number> {
  await run(trialOrders, widths[0] ?? 1);
  const rates: { width: number; perSecond: number }[] = [];
  for (const width of widths) {
    const { perSecond } = await run(trialOrders, width);
    rates.push({ width, perSecond });
  }
  rates.sort((a, b) => b.perSecond - a.perSecond);
  return rates[0]?.width ?? 1;
}

function medians(rounds: readonly Answered[]): Answered {
  const of = (figure: keyof Answered) => median(rounds.map((round) => round[figure]));
  return { p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), perSecond: of('perSecond') };
}

function sluiceWay(sluice: Sluice): Way {
  return {
    name: 'Sluice: submit-order',
    widths: [25, 50, 100, 200, 400],
    trialOrders: 3_000,
    async run(orders, width, step) {
      const takes = sluice.serve(width);
      // What Sluice's clients do not wait for: the drain calls the other system for them meanwhile.
      const produced = step === undefined ? undefined : sluice.produce(orders, step);
      const answered = await offer(orders, takes);
      await produced;
      if (step === undefined) await sluice.produce(orders, async () => undefined);
      return answered;
    },
  };
}

function postgresWay(postgres: Postgres, way: 'orm' | 'one-statement'): Way['run'] {
  return async (orders, width, step) => {
    const { takes, close } = await postgres.serve(width, way);
    try {
      return await offer(orders, takes, step);
    } finally {
      await close();
    }
  };
}

function ormWay(postgres: Postgres): Way {
  return {
    name: 'PostgreSQL, a transaction as an ORM writes it',
    widths: [1, 2, 4, 8, 16, 32, 64],
    trialOrders: 400,
    run: postgresWay(postgres, 'orm'),
  };
}

function oneStatementWay(postgres: Postgres): Way {
  return {
    name: 'PostgreSQL, one statement',
    widths: [1, 2, 4, 8, 16, 32, 64, 128],
    trialOrders: 3_000,
    run: postgresWay(postgres, 'one-statement'),
  };
}

function lineOf({ name, width, alone, withStep, ratios }: Measured): string {
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  const figures = ({ p50Ms, p99Ms, perSecond }: Answered) =>
    `p50 ${rounded(p50Ms)} ms, p99 ${rounded(p99Ms)} ms, ${rounded(perSecond)} orders/s`;
  return [
    `  ${name} (${width} at once)`,
    `    ${figures(alone)}; p99 ${rounded(median(ratios), 2)} (${rounded(low, 2)}–${rounded(high, 2)}) of Sluice's`,
    `    with a step of ${STEP_MS} ms: ${figures(withStep)}`,
  ].join('\n');
}

/** What the figures hold for, and what they do not compare. */
function settingsOf(sluice: Sluice, postgres: Postgres, ways: readonly Measured[]): string[] {
  const [functions, orm, one] = ways.map(({ width }) => width);
  const [cpu] = cpus();
  return [
    `${availableParallelism()} cores (${cpu?.model.trim()}), everything on one machine, Node ${process.version}, ${DELAY_MS} ms of network each way for both, ${ROUNDS} rounds in turn, medians.`,
    `Redis ${sluice.version}: appendfsync always, ${functions} function instances. PostgreSQL ${postgres.version}: fsync and synchronous_commit on,`,
    `${orm} connections for the transactions and ${one} for the single statements: of ${ormWay(postgres).widths.length} to ${oneStatementWay(postgres).widths.length} numbers tried, those with the highest rate.`,
    `The step is a call of ${STEP_MS} ms to a system that takes ${STEPS_MAX} calls at once. With PostgreSQL it comes after the commit and before the`,
    `answer, and holds no connection. With Sluice the drain makes it, meanwhile or later, and no client waits for it.`,
    `Not the same: PostgreSQL has taken the stock when it answers. Sluice has accepted the order, and its drain takes the stock.`,
  ];
}
