import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { median, rounded } from './figures.ts';
import { rushChart } from './rush/chart.ts';
import { type Answered, downstream, offer } from './rush/offer.ts';
import { type Postgres, startPostgres } from './rush/postgres.ts';
import { type Sluice, startSluice } from './rush/sluice.ts';

const FILE = new URL('../docs/rush.svg', import.meta.url);
const ORDERS = 10_000;
const ROUNDS = 3;
const WARM_UP_ORDERS = 200;
const DELAY_MS = 1;
/** The downstream call that each order needs during production, and how many of them run at once. */
const STEP_MS = 50;
const STEPS_MAX = 100;

/** A way to take orders. */
export interface Way {
  readonly name: string;
  readonly shortName: string;
  /** Of what there are as many as suit it best. */
  readonly unit: string;
  /** Numbers of connections or instances, and how many orders show which of them suits it best. */
  readonly widths: readonly number[];
  readonly trialOrders: number;
  run(orders: number, width: number, step?: () => Promise<void>): Promise<Answered>;
}

/** One way as it was measured. */
export interface Measured extends Pick<Way, 'name' | 'shortName' | 'unit'> {
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
    const settings = settingsOf(sluice, postgres);
    writeFileSync(
      FILE,
      rushChart({ ways, orders: ORDERS, step: `and a step of ${STEP_MS} ms`, settings }),
    );
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
      rounds[at]?.push(await warm(way, widths[at] ?? 1));
    }
  }
  const measured: Measured[] = [];
  for (const [at, way] of ways.entries()) {
    const [own = [], ours = []] = [rounds[at], rounds[0]];
    measured.push({
      ...{ name: way.name, shortName: way.shortName, unit: way.unit },
      width: widths[at] ?? 1,
      alone: medians(own),
      withStep: await warm(way, widths[at] ?? 1, downstream(STEP_MS, STEPS_MAX)),
      ratios: own.map(({ p99Ms }, round) => p99Ms / (ours[round]?.p99Ms ?? Number.NaN)),
    });
  }
  return measured;
}

/** The smallest number that comes within a tenth of the highest rate. The first run warms up. */
async function bestWidth({ name, unit, widths, trialOrders, run }: Way): Promise<number> {
  progress(`${name}: how many ${unit} suit it best`);
  await run(trialOrders, widths[0] ?? 1);
  const rates: number[] = [];
  for (const width of widths) rates.push((await run(trialOrders, width)).perSecond);
  const best = Math.max(...rates);
  return widths[rates.findIndex((rate) => rate > 0.9 * best)] ?? 1;
}

/** A rush upon instances and connections that have just been used, as those of a running shop have. */
async function warm(way: Way, width: number, step?: () => Promise<void>): Promise<Answered> {
  progress(`${way.name}, ${width} ${way.unit}${step === undefined ? '' : ', with the step'}`);
  await way.run(WARM_UP_ORDERS, width);
  return way.run(ORDERS, width, step);
}

/** All of it takes some ten minutes. */
function progress(what: string): void {
  process.stderr.write(`  … ${what}\n`);
}

function medians(rounds: readonly Answered[]): Answered {
  const of = (figure: keyof Answered) => median(rounds.map((round) => round[figure]));
  return { p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), perSecond: of('perSecond') };
}

function sluiceWay(sluice: Sluice): Way {
  return {
    name: 'Sluice, the submit function',
    shortName: 'Sluice',
    unit: 'instances',
    widths: [10, 25, 50, 100, 200],
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
    name: 'PostgreSQL, a transaction of five statements, as an ORM writes it',
    shortName: 'PostgreSQL, as an ORM',
    unit: 'connections',
    widths: [2, 4, 8, 16, 32],
    trialOrders: 400,
    run: postgresWay(postgres, 'orm'),
  };
}

function oneStatementWay(postgres: Postgres): Way {
  return {
    name: 'PostgreSQL, all of it in one statement',
    shortName: 'PostgreSQL, one statement',
    unit: 'connections',
    widths: [2, 4, 8, 16, 32, 64],
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
function settingsOf(sluice: Sluice, postgres: Postgres): string[] {
  const [cpu] = cpus();
  return [
    `One machine with ${availableParallelism()} cores (${cpu?.model.trim()}) for everything, Node ${process.version}. ${DELAY_MS} ms of network each way for both.`,
    `Both write through: Redis ${sluice.version} with appendfsync always; PostgreSQL ${postgres.version} with fsync and synchronous_commit on.`,
    'For each way several numbers of instances or connections were tried, and the smallest within a tenth of the highest rate was taken.',
    `${ROUNDS} rounds in turn; medians. The bars with the step are of one round.`,
    `The step: a call of ${STEP_MS} ms to another system, which takes ${STEPS_MAX} calls at once. With PostgreSQL it comes after the commit,`,
    'holds no connection, and the client waits for it. With Sluice the drain makes the call, and no client waits for it.',
    'Not the same: when PostgreSQL answers, the stock is taken. When Sluice answers, the order is kept, and the drain is',
    'what takes the stock later. Where one statement does all that an order needs, PostgreSQL needs no queue before it.',
  ];
}
