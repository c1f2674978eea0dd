import { rounded } from '../figures.ts';
import type { Measured } from '../rush.ts';

export interface Chart {
  readonly ways: readonly Measured[];
  readonly orders: number;
  /** What the step of the second bars is. */
  readonly step: string;
  /** Lines of text that say what the figures hold for. */
  readonly settings: readonly string[];
}

const WIDTH = 900;
const MARGIN = 24;
const BARS_FROM = 236;
const BARS_TO = 700;
const BAR = 16;
const LINE = 18;

/** One colour for each way, for light pages and for dark ones. */
const COLOURS = [
  ['#1f6fd0', '#5aa5ff'],
  ['#b4530a', '#f0954a'],
  ['#4d7c3a', '#8cc26f'],
] as const;

const STYLE = `
  svg { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
  .page { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
  .title { font-size: 18px; font-weight: 600; } .head { font-weight: 600; } .small { font-size: 12px; }
${COLOURS.map(([light], at) => `  .way${at} { fill: ${light}; }`).join('\n')}
  .p99 { opacity: 0.4; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .text { fill: #e6edf3; } .faint { fill: #9198a1; }
${COLOURS.map(([, dark], at) => `    .way${at} { fill: ${dark}; }`).join('\n')}
  }`;

/** The rush as a chart that reads well on light and dark pages. A pure function of what was measured. */
export function rushChart({ ways, orders, step, settings }: Chart): string {
  const drawn: string[] = [];
  let y = MARGIN + LINE;
  const text = (x: number, kind: string, words: string) =>
    drawn.push(`<text class="${kind}" x="${x}" y="${y}">${escaped(words)}</text>`);
  const bar = (kind: string, length: number) => {
    const size = `width="${Math.max(1, length).toFixed(1)}" height="${BAR}"`;
    drawn.push(`<rect class="${kind}" x="${BARS_FROM}" y="${y - BAR + 3}" ${size}/>`);
  };
  const scaled = (figure: number, max: number) => ((BARS_TO - BARS_FROM) * figure) / max;

  text(MARGIN, 'text title', `${rounded(orders)} orders for one item, all at the same moment`);
  y += 2 * LINE;
  text(MARGIN, 'text head', 'Time until the client is answered');
  y += LINE;
  text(MARGIN, 'faint small', 'Strong: half of the clients. Pale: 99 of 100. Less is better.');
  const waitMax = Math.max(...ways.flatMap((way) => [way.alone.p99Ms, way.withStep.p99Ms]));
  for (const [at, { name, width, unit, alone, withStep }] of ways.entries()) {
    y += 1.5 * LINE;
    text(MARGIN, 'text', `${name} (${width} ${unit})`);
    for (const [label, { p50Ms, p99Ms }] of [
      ['the order alone', alone],
      [step, withStep],
    ] as const) {
      y += LINE + 2;
      text(MARGIN + 14, 'faint small', label);
      bar(`way${at} p99`, scaled(p99Ms, waitMax));
      bar(`way${at}`, scaled(p50Ms, waitMax));
      text(
        BARS_FROM + scaled(p99Ms, waitMax) + 8,
        'text small',
        `${seconds(p50Ms)}, ${seconds(p99Ms)}`,
      );
    }
  }
  y += 2.2 * LINE;
  text(MARGIN, 'text head', 'Orders answered per second');
  y += LINE;
  text(MARGIN, 'faint small', 'The order alone. More is better.');
  const rateMax = Math.max(...ways.map(({ alone }) => alone.perSecond));
  for (const [at, { shortName, alone }] of ways.entries()) {
    y += LINE + 2;
    text(MARGIN + 14, 'text small', shortName);
    bar(`way${at}`, scaled(alone.perSecond, rateMax));
    text(BARS_FROM + scaled(alone.perSecond, rateMax) + 8, 'text small', rounded(alone.perSecond));
  }
  y += LINE;
  for (const line of settings) {
    y += LINE - 1;
    text(MARGIN, 'faint small', line);
  }
  const height = Math.ceil(y + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(titleOf(ways, orders))}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

/** The figures for who cannot see the chart. */
function titleOf(ways: readonly Measured[], orders: number): string {
  const each = ways.map(
    ({ name, alone }) =>
      `${name}: p50 ${seconds(alone.p50Ms)}, p99 ${seconds(alone.p99Ms)}, ${rounded(alone.perSecond)} orders per second`,
  );
  return `A rush of ${rounded(orders)} orders. ${each.join('. ')}.`;
}

function seconds(ms: number): string {
  return `${rounded(ms / 1_000, ms < 10_000 ? 2 : 1)} s`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
