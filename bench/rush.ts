import { writeFileSync } from 'node:fs';
import { median, rounded } from './figures.ts';
import { rushChart } from './rush/chart.ts';
import { inTurn, medians, ORDERS, ROUNDS, warm } from './rush/measure.ts';
import { type Answered, downstream } from './rush/offer.ts';
import { startWays, type Way } from './rush/ways.ts';

const FILE = new URL('../docs/rush.svg', import.meta.url);
/** The downstream call that each order needs during production, and how many of them run at once. */
const STEP_MS = 50;
const STEPS_MAX = 100;

/** What the figures do not compare. */
const SETTINGS = [
  `${ROUNDS} rounds in turn; medians. The bars with the step are of one round.`,
  `The step: a call of ${STEP_MS} ms to another system, which takes ${STEPS_MAX} calls at once. With PostgreSQL it comes after the commit,`,
  'holds no connection, and the client waits for it. With Sluice the drain makes the call, and no client waits for it.',
  'Not the same: when PostgreSQL answers, the stock is taken. When Sluice answers, the order is kept, and the drain is',
  'what takes the stock later. Where one statement does all that an order needs, PostgreSQL needs no queue before it.',
];

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
  const { ways: all, settings: shared, stop } = await startWays({ hasStock: false });
  try {
    const ways = await measure(all);
    const settings = [...shared, ...SETTINGS];
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
    await stop();
  }
}

async function measure(ways: readonly Way[]): Promise<Measured[]> {
  const series = await inTurn(ways);
  const measured: Measured[] = [];
  for (const { way, width, rounds } of series) {
    measured.push({
      ...{ name: way.name, shortName: way.shortName, unit: way.unit, width },
      alone: medians(rounds),
      withStep: await warm(way, width, { step: downstream(STEP_MS, STEPS_MAX) }),
      ratios: rounds.map(({ p99Ms }, at) => p99Ms / (series[0]?.rounds[at]?.p99Ms ?? Number.NaN)),
    });
  }
  return measured;
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
