import { NAMESPACE } from '../lib/metrics/metric-names.ts';
import { DRAIN, forClients, forOperators } from './http-functions.ts';
import type { Stage } from './stage.ts';

/**
 * The alarms: each means that somebody has to do something, and docs/runbook.md has a section under its
 * name that says what.
 */
export interface Alarm {
  readonly says: string;
  readonly metric: Metric | { readonly functions: readonly string[] };
  readonly periodS: number;
  /** Fires at or above `atLeast`, above `above`, or when the metric stops. */
  readonly when: { readonly atLeast: number } | { readonly above: number } | 'silent';
  readonly periods?: number;
  /** Of these periods, how many must be over; all of them where it is left out. */
  readonly breaching?: number;
  /** The metric of a queue that nobody touches stops, whatever is in it. */
  readonly isKeptWhereMissing?: true;
}

export interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Statistic: string;
  readonly Dimensions?: readonly object[];
}

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const FIVE_MINUTES = { periodS: 5 * MINUTE_S } as const;

/** Functions of one alarm, with two metrics each: a math expression takes 10 metrics at most. */
const FUNCTIONS_MAX = 5;
const UPKEEP = ['maintain', 'announce-events'];

/** The alarms of a stage, by name. */
export function alarmsOf(stage: Stage): Readonly<Record<string, Alarm>> {
  const isMeasured = stage.get('SLUICE_METRICS') === 'on';
  const isScheduled = stage.get('SLUICE_SCHEDULE') === 'on';
  const isAnnounced = stage.get('SLUICE_EVENTS_URL') !== '';
  return {
    ...(isMeasured && onOrders(stage)),
    ...(isMeasured && isScheduled && ON_SCHEDULES),
    ...(isMeasured && isAnnounced && onEvents(isScheduled)),
    ...(isMeasured && onBudget(stage)),
    ...onAws(),
  };
}

function onOrders(stage: Stage): Record<string, Alarm> {
  const oldestOrderS = stage.get('SLUICE_ALARM_OLDEST_ORDER_S');
  return {
    'oldest-order-too-old': {
      says: `An order waited for more than ${oldestOrderS} s, ready and not produced.`,
      metric: own('OldestOrderAge', 'Maximum'),
      periodS: MINUTE_S,
      // An order that keeps failing is claimed every 15 minutes; drains in between find nothing and
      // report 0.
      periods: 20,
      breaching: 1,
      when: { above: oldestOrderS },
    },
    'dead-letters-appear': {
      says: 'Orders could not be produced and will not be retried.',
      metric: own('OrdersDead', 'Sum'),
      ...FIVE_MINUTES,
      when: { atLeast: 1 },
    },
    'redis-errors': {
      says: 'Redis keeps failing, or does not answer in time.',
      metric: own('RedisErrors', 'Sum'),
      ...FIVE_MINUTES,
      periods: 2,
      when: { atLeast: 5 },
    },
    'reconcile-gap': {
      says: 'The daily check found an order that is lost or unreadable, or ran out of time.',
      metric: own('ReconcileUnrepaired', 'Sum'),
      periodS: DAY_S,
      when: { atLeast: 1 },
    },
  };
}

const ON_SCHEDULES: Record<string, Alarm> = {
  'drain-not-running': {
    says: 'No drain has finished for five minutes.',
    metric: own('DrainDuration', 'SampleCount'),
    ...FIVE_MINUTES,
    when: 'silent',
  },
  'reconcile-not-running': {
    says: 'No daily check has finished for 26 hours.',
    metric: own('ReconcilePasses', 'Sum'),
    periodS: HOUR_S,
    periods: 26,
    when: 'silent',
  },
};

function onEvents(isScheduled: boolean): Record<string, Alarm> {
  const silent: Record<string, Alarm> = {
    'announcer-not-running': {
      says: 'No announcer has finished for five minutes.',
      metric: own('OldestEventAge', 'SampleCount'),
      ...FIVE_MINUTES,
      when: 'silent',
    },
  };
  return {
    'events-not-announced': {
      says: 'Events have been waiting for 15 minutes.',
      metric: own('OldestEventAge', 'Maximum'),
      ...FIVE_MINUTES,
      periods: 3,
      when: { above: 900 },
    },
    'events-set-aside': {
      says: 'The receiver does not take some events; they were set aside.',
      metric: own('EventsSetAside', 'Sum'),
      ...FIVE_MINUTES,
      when: { atLeast: 1 },
    },
    ...(isScheduled && silent),
  };
}

/** A month that spends no more than this on any day stays within its commands. */
function onBudget(stage: Stage): Record<string, Alarm> {
  const perMonth = stage.get('SLUICE_COMMANDS_PER_MONTH');
  if (perMonth === 0) return {};
  // The metric is what Redis counts (test/cost/billed-metric.test.ts); a fifth is left to act in.
  const perDay = Math.floor((0.8 * perMonth) / 31);
  return {
    'commands-over-budget': {
      says: `More than ${perDay} Redis commands in a day: at this pace the month’s ${perMonth} may run out.`,
      metric: own('BilledCommands', 'Sum'),
      periodS: DAY_S,
      when: { above: perDay },
    },
  };
}

/** On what AWS measures itself. */
function onAws(): Record<string, Alarm> {
  const failing = (says: string, names: readonly string[], atLeast: number): Alarm => ({
    says,
    metric: { functions: names },
    ...FIVE_MINUTES,
    when: { atLeast },
  });
  const failingInGroups = (alarm: string, who: string, names: readonly string[]) =>
    Object.fromEntries(
      Array.from({ length: Math.ceil(names.length / FUNCTIONS_MAX) }, (_, at) => [
        at === 0 ? alarm : `${alarm}-${at + 1}`,
        failing(
          `${who} fails or is throttled.`,
          names.slice(at * FUNCTIONS_MAX, (at + 1) * FUNCTIONS_MAX),
          3,
        ),
      ]),
    );
  return {
    'api-5xx': {
      says: 'Requests were answered with 5xx: orders may not have been accepted.',
      metric: {
        Namespace: 'AWS/ApiGateway',
        MetricName: '5xx',
        Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }],
        Statistic: 'Sum',
      },
      ...FIVE_MINUTES,
      when: { atLeast: 3 },
    },
    ...failingInGroups('client-functions-fail', 'A function that clients call', forClients()),
    ...failingInGroups('operator-functions-fail', 'A function that operators call', forOperators()),
    'drain-failing': failing('Drains fail or are throttled.', [DRAIN], 3),
    'upkeep-failing': failing('Upkeep or the announcer fails or is throttled.', UPKEEP, 1),
    'failures-kept': {
      says: 'Lambda gave up on a scheduled run. The request and its error are in the failure queue.',
      metric: {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['FailureQueue', 'QueueName'] } }],
        Statistic: 'Maximum',
      },
      ...FIVE_MINUTES,
      when: { atLeast: 1 },
      isKeptWhereMissing: true,
    },
  };
}

function own(MetricName: string, Statistic: string): Metric {
  return { Namespace: NAMESPACE, MetricName, Statistic };
}
