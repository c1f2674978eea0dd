import { median } from '../figures.ts';
import type { Answered } from './offer.ts';
import type { Kind, Way } from './ways.ts';

export const ORDERS = 10_000;
export const ROUNDS = 3;
const WARM_UP_ORDERS = 200;

/** One way with as many connections or instances as suit it best, and its rounds. */
export interface Series {
  readonly way: Way;
  readonly width: number;
  readonly rounds: readonly Answered[];
}

/** Finds what suits each way best, and then measures them in turn. */
export async function inTurn(ways: readonly Way[], kind: Kind = {}): Promise<Series[]> {
  const series: { way: Way; width: number; rounds: Answered[] }[] = [];
  for (const way of ways) series.push({ way, width: await bestWidth(way, kind), rounds: [] });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { way, width, rounds } of series) rounds.push(await warm(way, width, kind));
  }
  return series;
}

/** The smallest number that comes within a tenth of the highest rate. The first run warms up. */
async function bestWidth({ name, unit, widths, trialOrders, run }: Way, kind: Kind) {
  progress(`${name}: how many ${unit} suit it best`);
  await run(trialOrders, widths[0] ?? 1, kind);
  const rates: number[] = [];
  for (const width of widths) rates.push((await run(trialOrders, width, kind)).perSecond);
  const best = Math.max(...rates);
  return widths[rates.findIndex((rate) => rate > 0.9 * best)] ?? 1;
}

/** A rush upon instances and connections that have just been used, as those of a running shop have. */
export async function warm(way: Way, width: number, kind: Kind): Promise<Answered> {
  progress(`${way.name}, ${width} ${way.unit}${kind.step === undefined ? '' : ', with the step'}`);
  await way.run(WARM_UP_ORDERS, width, { ...kind, step: undefined });
  return way.run(ORDERS, width, kind);
}

/** All of it takes some ten minutes. */
function progress(what: string): void {
  process.stderr.write(`  … ${what}\n`);
}

export function medians(rounds: readonly Answered[]): Answered {
  const of = (figure: keyof Answered) => median(rounds.map((round) => round[figure]));
  return {
    ...{ p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), perSecond: of('perSecond') },
    ...{ accepted: of('accepted'), commands: of('commands') },
    ...{ acceptedP99Ms: of('acceptedP99Ms'), refusedP99Ms: of('refusedP99Ms') },
  };
}
