import { ago, count, countOf, duration } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { nameOf } from '../stage.ts';
import { Actions } from './actions.tsx';
import { Charts } from './charts.tsx';
import { Cost } from './cost.tsx';
import { Outlook } from './outlook.tsx';
import { type Situation, situationOf } from './situation.ts';
import { StockLeft } from './stock-left.tsx';
import { type Verdict, verdictOf } from './verdict.ts';

/** The screen for 2 a.m.: what is the matter, what to do, and the figures behind it. */
export function Now({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const { live } = usePage();
  const nowMs = useNow();
  if (live === undefined) return <p class="soft">Asking the API …</p>;
  const situation = situationOf(live, nowMs);
  if (situation === undefined) return <Unseen />;
  return (
    <>
      <VerdictCard situation={situation} />
      <Counts situation={situation} />
      <Outlook situation={situation} />
      <StockLeft />
      <Charts situation={situation} range={query.range ?? '1h'} />
      <Cost />
    </>
  );
}

/** For a key that may not see the counts, and before the first answer. */
function Unseen() {
  const { live } = usePage();
  if (live?.me === undefined) return <p class="soft">No figures yet.</p>;
  return (
    <p class="notice">
      The counts of the stage {nameOf(live.me.stage)} are for keys with the scope orders:admin. This
      one, of {live.me.client}, sees its own orders: <a href="#/orders">Orders</a>.
    </p>
  );
}

const SHAPES: Readonly<Record<Verdict['level'], string>> = { good: '●', watch: '▲', bad: '■' };

function VerdictCard({ situation }: { readonly situation: Situation }) {
  const verdict = verdictOf(situation);
  const { level, title, sentences, next, section } = verdict;
  return (
    <section class={`card verdict is-${level}`} aria-label="Verdict" data-verdict={verdict.kind}>
      <span class="shape" aria-hidden="true">
        {SHAPES[level]}
      </span>
      <h2>{title}</h2>
      <p class="theirs" role="status">
        {sentences.join(' ')}
      </p>
      {next && (
        <p class="next">
          Next: {next} <a href={`#/runbook/${section}`}>Runbook</a>
        </p>
      )}
      <Actions situation={situation} />
      <details>
        <summary>Why this verdict</summary>
        <Why situation={situation} />
      </details>
    </section>
  );
}

function Why({ situation }: { readonly situation: Situation }) {
  const { pace, endings, drainSeenAtMs, nowMs, diedLately, stats } = situation;
  const { oldestQueuedAgeMs } = stats;
  return (
    <dl class="facts">
      <dt>Came in, the last 5 min</dt>
      <dd>{count(Math.round(pace.inPerMinute))} a minute</dd>
      <dt>Went out</dt>
      <dd>{count(Math.round(pace.outPerMinute))} a minute</dd>
      <dt>More came in than went out for</dt>
      <dd>{pace.behindMinutes} min</dd>
      <dt>The oldest has waited</dt>
      <dd>{oldestQueuedAgeMs === null ? '–' : duration(oldestQueuedAgeMs)}</dd>
      <dt>Last drain seen</dt>
      <dd>
        {drainSeenAtMs === undefined ? 'not lately' : `${duration(nowMs - drainSeenAtMs)} ago`}
      </dd>
      <dt>Drains ended because</dt>
      <dd>{endings ? `${ENDINGS[endings.kind]} (${countOf(endings.drains, 'drain')})` : '–'}</dd>
      <dt>Died, the last 10 min</dt>
      <dd>{count(diedLately)}</dd>
    </dl>
  );
}

export const ENDINGS: Readonly<Record<NonNullable<Situation['endings']>['kind'], string>> = {
  empty: 'nothing was left',
  'time-up': 'time up',
  'producer-down': 'producer down',
  'lock-lost': 'lock lost',
  'store-failed': 'Redis failed',
};

const COUNTED = [
  ['queued', 'Waiting'],
  ['producing', 'Producing'],
  ['scheduled', 'For later'],
  ['dead', 'Dead'],
  ['produced', 'Produced'],
  ['canceled', 'Canceled'],
] as const;

function Counts({ situation: { stats, diedLately } }: { readonly situation: Situation }) {
  const { approximate, oldestQueuedAgeMs: oldestMs } = stats;
  const notes: Readonly<Record<string, string>> = {
    queued: oldestMs === null ? 'none' : `oldest ${duration(oldestMs)}`,
    producing: 'leased to drains',
    scheduled: 'scheduled, or to retry',
    dead: diedLately > 0 ? `+${count(diedLately)} in 10 min` : 'none in 10 min',
  };
  return (
    <section class="card" aria-label="Counts">
      <dl class="counts">
        {COUNTED.map(([name, title]) => {
          const shown = `${approximate.includes(name) ? '≈' : ''}${count(stats[name])}`;
          return (
            <div key={name} data-count={name}>
              <dt>{title}</dt>
              <dd>
                {name === 'dead' ? <a href="#/dead-letters">{shown}</a> : shown}
                <small>{notes[name] ?? 'kept'}</small>
              </dd>
            </div>
          );
        })}
        <LastDrain />
      </dl>
      {approximate.length > 0 && (
        <p class="counts-note soft">
          ≈ Orders whose lease or wait is just over are between two of these states.
        </p>
      )}
    </section>
  );
}

function LastDrain() {
  const { live } = usePage();
  const nowMs = useNow();
  const [last] = live?.activity?.body.drains ?? [];
  if (last === undefined) {
    return (
      <div>
        <dt>Last drain</dt>
        <dd class="words">None has claimed an order in the last hour.</dd>
      </div>
    );
  }
  const tookMs = Date.parse(last.endedAt) - Date.parse(last.startedAt);
  return (
    <div>
      <dt>Last drain with orders</dt>
      <dd class="words">
        Slot {last.slot}, {ago(nowMs - Date.parse(last.endedAt))}: {countOf(last.claimed, 'order')}{' '}
        in {duration(tookMs)}, {ENDINGS[last.ending]}.
        <small>
          {count(last.produced)} produced, {count(last.retried)} to retry, {count(last.dead)} dead
        </small>
      </dd>
    </div>
  );
}
