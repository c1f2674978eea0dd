import { adviceOn } from '../advice.ts';
import { count, countOf, duration, time } from '../format.ts';
import { gaugeOf } from './gauge.ts';
import { accounted, missingOf, paceSentence, waiting } from './sentences.ts';
import type { Situation } from './situation.ts';

/** What an operator has to know first: whether to do something, and what. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly level: 'good' | 'watch' | 'bad';
  readonly title: string;
  readonly sentences: readonly string[];
  /** The one next step; missing where nothing is to be done. */
  readonly next?: string;
  /** The section of docs/runbook.md that goes on from there. */
  readonly section: string;
}

export type VerdictKind =
  | 'away'
  | 'paused'
  | 'not-draining'
  | 'producer-down'
  | 'unaccounted'
  | 'nearly-full'
  | 'falling-behind'
  | 'orders-die'
  | 'barely'
  | 'keeping-up'
  | 'idle';

const S = 1_000;
const MIN = 60 * S;
/** The schedule starts a drain each minute, so three without one are no accident. */
const NO_DRAIN_MS = 3 * MIN;
const PRODUCER_DOWN_DRAINS = 2;
const NEARLY_FULL = 0.9;
const BEHIND_MINUTES = 3;
/** Below this the next drain takes them anyway. */
const BEHIND_AGE_MS = 90 * S;

/** The first that applies, the worst first. */
export function verdictOf(situation: Situation): Verdict {
  for (const judge of JUDGES) {
    const found = judge(situation);
    if (found !== undefined) return found;
  }
  return idle(situation);
}

type Judge = (situation: Situation) => Verdict | undefined;

const JUDGES: readonly Judge[] = [
  ({ away, readAtMs, nowMs }) =>
    away && {
      kind: 'away',
      level: 'bad',
      title: 'No answer from the API',
      sentences: [
        `For ${duration(nowMs - away.sinceMs)}: ${away.detail}`,
        `The figures are those of ${time(readAtMs, nowMs)}.`,
      ],
      next: adviceOn(away),
      section: away.kind === 'unavailable' ? 'redis-errors' : 'api-5xx',
    },

  (situation) => {
    const { stats, nowMs } = situation;
    const { pause } = stats;
    if (!pause || Date.parse(pause.until) <= nowMs) return undefined;
    const reason = pause.reason === undefined ? '' : `: “${pause.reason}”`;
    return {
      kind: 'paused',
      level: 'watch',
      title: 'Paused',
      sentences: [
        `By ${pause.by} until ${time(Date.parse(pause.until), nowMs)}${reason}.`,
        `Orders are still accepted: ${count(stats.queued)} wait.`,
        ...accounted(situation),
      ],
      next: 'Resume when the reason is gone. The pause also ends by itself.',
      section: 'drain-not-running',
    };
  },

  (situation) => {
    const { stats, drainSeenAtMs, nowMs } = situation;
    const isWaitedFor = stats.queued > 0 && (stats.oldestQueuedAgeMs ?? 0) >= NO_DRAIN_MS;
    const isSeen = drainSeenAtMs !== undefined && nowMs - drainSeenAtMs < NO_DRAIN_MS;
    if (!isWaitedFor || isSeen) return undefined;
    const since = drainSeenAtMs === undefined ? '' : ` since ${time(drainSeenAtMs, nowMs)}`;
    return {
      kind: 'not-draining',
      level: 'bad',
      title: 'Not draining',
      sentences: [`No drain has run${since}.`, waiting(situation), ...accounted(situation)],
      next: 'Drain now, and find out why the schedule does not.',
      section: 'drain-not-running',
    };
  },

  (situation) => {
    const { endings, stats } = situation;
    const isDown = endings?.kind === 'producer-down' && endings.drains >= PRODUCER_DOWN_DRAINS;
    if (!isDown || stats.queued + stats.scheduled === 0) return undefined;
    const why = endings.error === undefined ? '' : ` The last reason: “${endings.error}”`;
    return {
      kind: 'producer-down',
      level: 'bad',
      title: 'The producer is down',
      sentences: [
        `The last ${count(endings.drains)} drains ended because it failed.${why}`,
        'Orders wait and lose no attempt.',
        waiting(situation),
        ...accounted(situation),
      ],
      next: 'Fix the downstream system; the orders go on by themselves.',
      section: 'oldest-order-too-old',
    };
  },

  (situation) => {
    const missing = missingOf(situation);
    return missing === 0
      ? undefined
      : {
          kind: 'unaccounted',
          level: 'bad',
          title: 'Orders are not accounted for',
          sentences: [...accounted(situation), paceSentence(situation)],
          next: 'Look at Health: it lists what the last pass found.',
          section: 'reconcile-gap',
        };
  },

  (situation) => {
    const gauge = gaugeOf(situation);
    if (gauge === undefined || gauge.share < NEARLY_FULL) return undefined;
    const { client, queued, max } = gauge;
    return {
      kind: 'nearly-full',
      level: 'bad',
      title: gauge.share >= 1 ? 'The queue is full' : 'The queue is nearly full',
      sentences: [
        `${count(queued)} of the ${count(max)} orders that ${client} may have wait. Beyond that, its submits get 429.`,
        paceSentence(situation),
        ...accounted(situation),
      ],
      next: 'Raise SLUICE_DRAIN_SLOTS if the downstream system can take it, otherwise SLUICE_QUEUE_MAX.',
      section: 'oldest-order-too-old',
    };
  },

  (situation) => {
    const { pace, stats } = situation;
    const isOld = (stats.oldestQueuedAgeMs ?? 0) > BEHIND_AGE_MS;
    if (pace.behindMinutes < BEHIND_MINUTES || !isOld) return undefined;
    return {
      kind: 'falling-behind',
      level: 'watch',
      title: 'Falling behind',
      sentences: [
        `${paceSentence(situation)} More has come in than gone out for ${count(pace.behindMinutes)} min.`,
        waiting(situation),
        ...accounted(situation),
      ],
      next: 'Raise SLUICE_DRAIN_SLOTS if the downstream system can take it.',
      section: 'oldest-order-too-old',
    };
  },

  (situation) => {
    const { diedLately, pace } = situation;
    if (diedLately === 0) return undefined;
    return {
      kind: 'orders-die',
      level: 'watch',
      title: pace.outPerMinute > 0 ? 'Draining, but orders die' : 'Orders die',
      sentences: [
        `${countOf(diedLately, 'order')} died in the last 10 min.`,
        paceSentence(situation),
        ...accounted(situation),
      ],
      next: 'See why under Dead letters.',
      section: 'dead-letters-appear',
    };
  },

  (situation) => {
    const { stats, pace } = situation;
    if (stats.queued + stats.producing === 0 && pace.inPerMinute + pace.outPerMinute === 0) {
      return undefined;
    }
    const isBarely = pace.behindMinutes >= BEHIND_MINUTES;
    return {
      kind: isBarely ? 'barely' : 'keeping-up',
      level: isBarely ? 'watch' : 'good',
      title: isBarely ? 'Keeping up, barely' : 'Keeping up',
      sentences: [paceSentence(situation), waiting(situation), ...accounted(situation)],
      ...(isBarely && {
        next: 'Watch the age of the oldest order; more drain slots are the next step.',
      }),
      section: 'oldest-order-too-old',
    };
  },
];

function idle(situation: Situation): Verdict {
  const { drainSeenAtMs, nowMs } = situation;
  const seen =
    drainSeenAtMs === undefined ? [] : [`A drain looked ${duration(nowMs - drainSeenAtMs)} ago.`];
  return {
    kind: 'idle',
    level: 'good',
    title: 'Idle',
    sentences: ['No order waits.', ...seen, ...accounted(situation)],
    section: 'where-to-look',
  };
}
