import type { Activity } from '../../../lib/contract/activity-schemas.ts';
import { count, countOf, duration, hourAndMinute } from '../format.ts';
import { Chart, type Line } from '../parts/chart.tsx';
import { pathOf } from './forecast.ts';
import { outlookOf } from './outlook.ts';
import type { Situation } from './situation.ts';

/** How far back the charts reach, and by what steps. */
export interface Range {
  readonly name: string;
  readonly inWords: string;
  readonly minutes: number;
  readonly step: number;
}

const MIN = 60_000;
const FORECAST_MINUTES = 30;
/** Seconds, minutes and hours as people read them. */
const DURATIONS_S = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 86_400,
];

function atMsOf({ buckets }: Activity): number[] {
  return buckets.map(({ at }) => Date.parse(at));
}

export function InAndOut({
  activity,
  range,
}: {
  readonly activity: Activity;
  readonly range: Range;
}) {
  const { buckets, stepMinutes } = activity;
  const came = sum(buckets.map(({ cameIn }) => cameIn ?? 0));
  const went = sum(buckets.map(({ produced, dead }) => produced + dead));
  const lines: Line[] = [
    {
      name: 'in',
      color: 'in',
      pattern: 'solid',
      values: buckets.map(({ cameIn }) => cameIn),
      isFilled: true,
    },
    {
      name: 'out',
      color: 'out',
      pattern: 'dashed',
      values: buckets.map(({ produced, dead }) => produced + dead),
    },
  ];
  return (
    <section class="card">
      <header>
        <h2>In and out, {stepMinutes === 1 ? 'per minute' : `every ${stepMinutes} min`}</h2>
      </header>
      <div class="body">
        <Chart
          title={`Orders in and out, the last ${range.inWords}`}
          sentence={`In the last ${range.inWords}, ${count(came)} came in and ${count(went)} went out.`}
          atMs={atMsOf(activity)}
          lines={lines}
          shown={compact}
        />
      </div>
    </section>
  );
}

export function Ages({ activity }: { readonly activity: Activity }) {
  const { buckets } = activity;
  const oldest = Math.max(0, ...buckets.map(({ oldestAgeMs }) => oldestAgeMs ?? 0));
  const p95 = buckets.findLast(({ p95Ms }) => p95Ms !== null)?.p95Ms;
  const lines: Line[] = [
    {
      name: 'oldest order',
      color: 'in',
      pattern: 'solid',
      values: buckets.map(({ oldestAgeMs }) => inS(oldestAgeMs)),
      isFilled: true,
    },
    {
      name: 'p95',
      color: 'out',
      pattern: 'dashed',
      values: buckets.map(({ p95Ms }) => inS(p95Ms)),
    },
    {
      name: 'p50',
      color: 'third',
      pattern: 'dotted',
      values: buckets.map(({ p50Ms }) => inS(p50Ms)),
    },
  ];
  return (
    <section class="card">
      <header>
        <h2>Age of the oldest order, and time from ready to produced</h2>
      </header>
      <div class="body">
        <Chart
          title="Ages"
          sentence={
            `The oldest order had waited ${duration(oldest)}.` +
            (p95 == null ? '' : ` Of those produced last, 95 % took at most ${duration(p95)}.`)
          }
          atMs={atMsOf(activity)}
          lines={lines}
          shown={(s) => duration(s * 1_000)}
          steps={DURATIONS_S}
        />
      </div>
    </section>
  );
}

export function Depth(props: {
  readonly activity: Activity;
  readonly situation: Situation;
  readonly isForecast: boolean;
}) {
  const { activity, situation, isForecast } = props;
  const past = activity.buckets.map(({ depth }) => depth);
  const path = isForecast ? pathOf(outlookOf(situation), FORECAST_MINUTES) : [];
  const ahead = path.map((_, minute) => situation.nowMs + (minute + 1) * MIN);
  const last = past.findLast((depth) => depth !== null) ?? null;
  const joined = past.map((_, index) =>
    index === past.length - 1 && path.length > 0 ? last : null,
  );
  const lines: Line[] = [
    {
      name: 'waiting',
      color: 'in',
      pattern: 'solid',
      values: [...past, ...path.map(() => null)],
      isFilled: true,
    },
    ...(path.length > 0
      ? [
          {
            name: 'forecast',
            color: 'third',
            pattern: 'dashed',
            values: [...joined, ...path],
          } as const,
        ]
      : []),
  ];
  const { queued, oldestQueuedAgeMs } = situation.stats;
  const until = ahead.at(-1);
  return (
    <section class="card">
      <header>
        <h2>Waiting{path.length > 0 && ', and what to expect'}</h2>
      </header>
      <div class="body">
        <Chart
          title="Orders that wait"
          sentence={
            `${count(queued)} wait now${oldestQueuedAgeMs === null ? '' : `, the oldest for ${duration(oldestQueuedAgeMs)}`}.` +
            (until === undefined
              ? ''
              : ` At this rate ${count(Math.round(path.at(-1) ?? 0))} wait at ${hourAndMinute(until, situation.nowMs)}.`)
          }
          atMs={[...atMsOf(activity), ...ahead]}
          lines={lines}
          shown={compact}
        />
      </div>
    </section>
  );
}

export function Failures({ activity }: { readonly activity: Activity }) {
  const { buckets } = activity;
  const lines: Line[] = [
    {
      name: 'to retry',
      color: 'out',
      pattern: 'solid',
      values: buckets.map(({ retried }) => retried),
      isFilled: true,
    },
    { name: 'dead', color: 'third', pattern: 'dashed', values: buckets.map(({ dead }) => dead) },
  ];
  const [retried, dead] = [
    sum(buckets.map((one) => one.retried)),
    sum(buckets.map((one) => one.dead)),
  ];
  return (
    <section class="card">
      <header>
        <h2>Attempts that failed</h2>
      </header>
      <div class="body">
        <Chart
          title="Attempts that failed"
          sentence={`${count(retried)} attempts failed and were put off for a retry; ${countOf(dead, 'order')} died.`}
          atMs={atMsOf(activity)}
          lines={lines}
          shown={compact}
        />
      </div>
    </section>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function inS(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

/** 60k, 1.2M: for an axis. Small numbers stay as they are. */
function compact(n: number): string {
  if (n >= 10_000_000) return `${count(Math.round(n / 1_000_000))}M`;
  return n >= 10_000 ? `${count(Math.round(n / 1_000))}k` : count(Math.round(n * 10) / 10);
}
