import { rounded } from './figures.ts';
import { inTurn, medians, ORDERS, ROUNDS, type Series } from './rush/measure.ts';
import { startWays } from './rush/ways.ts';

const UNITS = 500;

/**
 * 10,000 orders, all at once, for 500 units of one item: to Sluice with stock, and to PostgreSQL in
 * both ways of `rush`.
 *
 * @throws where not exactly 500 are accepted
 */
export async function rushForStock(): Promise<string> {
  const { ways, settings, stop } = await startWays({ hasStock: true });
  try {
    const series = await inTurn(ways, { unitsPerOrder: UNITS / ORDERS });
    return [
      `a rush of ${rounded(ORDERS)} orders for ${UNITS} units, ${ROUNDS} rounds in turn`,
      ...series.map(lineOf),
      ...settings.map((line) => `  ${line}`),
    ].join('\n');
  } finally {
    await stop();
  }
}

function lineOf({ way, width, rounds }: Series): string {
  const { accepted, acceptedP99Ms, refusedP99Ms, commands } = medians(rounds);
  const range = (figures: readonly number[]) =>
    `(${rounded(Math.min(...figures))}–${rounded(Math.max(...figures))})`;
  return [
    `  ${way.name} (${width} ${way.unit})`,
    `    accepted ${rounded(accepted)} in every round; p99 of the accepted ${rounded(acceptedP99Ms)} ms ` +
      `${range(rounds.map((round) => round.acceptedP99Ms))}, of the refused ${rounded(refusedP99Ms)} ms ` +
      range(rounds.map((round) => round.refusedP99Ms)),
    ...(Number.isNaN(commands)
      ? []
      : [`    ${rounded(commands)} billed commands until the last is answered`]),
  ].join('\n');
}
