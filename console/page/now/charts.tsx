import { useEffect, useState } from 'preact/hooks';
import type { Activity } from '../../../lib/contract/activity-schemas.ts';
import type { Reply } from '../../protocol.ts';
import { usePage } from '../live.ts';
import { Failed } from '../parts/small.tsx';
import { hrefOf } from '../route.ts';
import { ask } from '../session.ts';
import { Ages, Depth, Failures, InAndOut, type Range } from './chart-cards.tsx';
import { type Situation, wholeMinutes } from './situation.ts';

const RANGES: Readonly<Record<string, Range>> = {
  '1h': { name: '1 h', inWords: 'hour', minutes: 60, step: 1 },
  '6h': { name: '6 h', inWords: '6 hours', minutes: 360, step: 5 },
  '24h': { name: '24 h', inWords: '24 hours', minutes: 1_440, step: 15 },
  '7d': { name: '7 d', inWords: '7 days', minutes: 10_080, step: 120 },
};
const MIN = 60_000;

export function Charts(props: { readonly situation: Situation; readonly range: string }) {
  const { live } = usePage();
  const range = RANGES[props.range] ?? RANGES['1h'];
  const longer = useLonger(range);
  if (range === undefined || live?.activity === undefined) return null;
  const ofLonger = longer?.kind === 'answered' ? longer.body : undefined;
  const read = range.minutes === 60 ? live.activity.body : ofLonger;
  const activity = read && { ...read, buckets: wholeMinutes(read, props.situation.nowMs) };
  return (
    <>
      <nav class="ranges" aria-label="How far back the charts reach">
        {Object.entries(RANGES).map(([key, { name }]) => (
          <a
            key={key}
            href={hrefOf('now', key === '1h' ? {} : { range: key })}
            aria-current={RANGES[key] === range ? 'true' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      {longer?.kind === 'failed' && range.minutes > 60 && <Failed failure={longer.failure} />}
      {activity === undefined ? (
        <p class="soft">Reading {range.name} …</p>
      ) : (
        <div class="charts">
          <InAndOut activity={activity} range={range} />
          <Ages activity={activity} />
          <Depth
            activity={activity}
            situation={props.situation}
            isForecast={range.minutes === 60}
          />
          <Failures activity={activity} />
        </div>
      )}
    </>
  );
}

/** What is longer than an hour is read when somebody wants to see it, and again with each of its steps. */
function useLonger(range: Range | undefined): Reply<Activity> | undefined {
  const { now } = usePage();
  const [reply, setReply] = useState<Reply<Activity>>();
  useEffect(() => {
    if (range === undefined || range.minutes === 60) return undefined;
    let isOver = false;
    const read = async () => {
      const to = now();
      const from = new Date(to - range.minutes * MIN).toISOString();
      const answer = await ask<Reply<Activity>>('activity', {
        ...{ from, to: new Date(to).toISOString(), step: range.step },
      });
      if (!isOver) setReply(answer);
    };
    setReply(undefined);
    void read();
    const timer = setInterval(() => document.hidden || void read(), range.step * MIN);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [range]);
  return reply;
}
