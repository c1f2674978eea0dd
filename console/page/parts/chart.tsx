import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { day, hourAndMinute, timeOfDay } from '../format.ts';

/** One line of a chart. Its pattern tells it from the others where colours do not. */
export interface Line {
  readonly name: string;
  readonly color: 'in' | 'out' | 'third';
  readonly pattern: 'solid' | 'dashed' | 'dotted';
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

export interface ChartProps {
  readonly title: string;
  /** What the chart shows, in a sentence. */
  readonly sentence: string;
  /** Unix milliseconds. */
  readonly atMs: readonly number[];
  readonly lines: readonly Line[];
  readonly shown: (value: number) => string;
  /** Steps of the axis of values, where those of the decimal system will not do. */
  readonly steps?: readonly number[];
}

const DASHES: Readonly<Record<Line['pattern'], number[]>> = {
  solid: [],
  dashed: [7, 4],
  dotted: [2, 3],
};
const HEIGHT = 168;

/** A chart with its words: a legend, a sentence, and all of it as a table. */
export function Chart(props: ChartProps) {
  const { title, sentence, lines, atMs, shown } = props;
  const nowMs = atMs.at(-1) ?? 0;
  const [pointed, setPointed] = useState<number | null>(null);
  const pointedMs = pointed === null ? undefined : atMs[pointed];
  return (
    <figure class="chart" aria-label={title}>
      <ul class="legend">
        {lines.map(({ name, color, pattern, values }) => {
          const told = pointed === null ? values.findLast((one) => one !== null) : values[pointed];
          return (
            <li key={name}>
              <i class={`swatch is-${pattern} of-${color}`} aria-hidden="true" />
              {name} <b>{told == null ? '–' : shown(told)}</b>
            </li>
          );
        })}
        {pointedMs !== undefined && <li>at {hourAndMinute(pointedMs, nowMs)}</li>}
      </ul>
      <Canvas {...props} onPoint={setPointed} />
      <figcaption class="soft">{sentence}</figcaption>
      <details class="as-table">
        <summary>
          As a table<span class="unseen">: {title}</span>
        </summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys. */}
        <section class="scrolls" tabIndex={0} aria-label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Minute</th>
                {lines.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {atMs.map((at, index) => (
                <tr key={at}>
                  <th scope="row">{hourAndMinute(at, nowMs)}</th>
                  {lines.map(({ name, values }) => {
                    const value = values[index];
                    return (
                      <td key={name} class="number">
                        {value == null ? '–' : shown(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}

interface Pointed {
  /** The index that the pointer is at; `null` where it is nowhere. */
  readonly onPoint: (index: number | null) => void;
}

/** The drawing itself, which no screen reader sees: everything in it is said beside it. */
function Canvas(props: ChartProps & Pointed) {
  const { atMs, lines, shown, steps, onPoint } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = lines.map(({ name, color, pattern }) => `${name} ${color} ${pattern}`).join('|');

  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsFor({ box, lines, shown, steps, onPoint }),
        dataOf(atMs, lines),
        box,
      );
    };
    draw();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: box.clientWidth, height: HEIGHT });
    });
    resized.observe(box);
    const isDark = matchMedia('(prefers-color-scheme: dark)');
    isDark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      isDark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(dataOf(atMs, lines)), [atMs, lines]);
  return <div ref={place} class="canvas" aria-hidden="true" />;
}

function dataOf(atMs: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [atMs.map((at) => at / 1_000), ...lines.map(({ values }) => [...values])];
}

function optionsFor(
  given: Pointed & {
    readonly box: HTMLElement;
    readonly lines: readonly Line[];
    readonly shown: (value: number) => string;
    readonly steps: readonly number[] | undefined;
  },
): uPlot.Options {
  const { box, lines, shown, steps, onPoint } = given;
  const [text, grid] = [colorOf(box, 'axis'), colorOf(box, 'grid')];
  const axis = { stroke: text, font: '11px Inter, system-ui, sans-serif', ticks: { show: false } };
  return {
    width: Math.max(200, box.clientWidth),
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 60,
        size: 26,
        values: (_, splits) => onAxis(splits),
      },
      {
        ...axis,
        grid: { stroke: grid, width: 1 },
        space: 34,
        size: 56,
        ...(steps && { incrs: [...steps] }),
        values: (_, splits) => splits.map(shown),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, color, pattern, isFilled }) => ({
        label: name,
        stroke: colorOf(box, color),
        width: 2,
        dash: DASHES[pattern],
        points: { show: false },
        ...(isFilled && {
          fill: `${colorOf(box, color).replace('rgb(', 'rgba(').replace(')', ', 0.13)')}`,
        }),
      })),
    ],
  };
}

/** A colour of the style sheet as the canvas takes it. */
function colorOf(box: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.className = `swatch of-${name}`;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const DAY_S = 24 * 60 * 60;

/** Times of the day, or days where the axis spans more than one. */
function onAxis(splits: readonly number[]): string[] {
  const spanS = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  return splits.map((s) => (spanS > 2 * DAY_S ? day : timeOfDay)(s * 1_000));
}
