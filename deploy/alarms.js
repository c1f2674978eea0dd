import { NAMESPACE } from '../lib/metrics/metric-names.ts';
import { isScheduled } from './drain-slots.js';
import { isOn } from './is-on.js';
import { inTitleCase, logicalIdsOf } from './logical-ids.js';
import { SettingFault } from './setting-fault.js';
import { tagListOf } from './tags.js';

/**
 * The alarms: each says that somebody has to do something, and `docs/runbook.md` has a section under
 * its name that says what.
 */

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** Whether there are metrics of our own to watch. */
export const isMeasured = isOn('SLUICE_METRICS', true);
const isAnnounced = Boolean(process.env.SLUICE_EVENTS_URL);

/** Seconds; a drain begins each minute, and an order is retried after 15 minutes at most. */
const oldestOrderS = wholeNumber('SLUICE_ALARM_OLDEST_ORDER_S', 900, 60, DAY_S);

/** What counts calls of a function that came to nothing. A math expression takes 10 metrics at most. */
const FAILURES = ['Errors', 'Throttles'];
const FOR_CLIENTS = ['submit-order', 'submit-batch', 'get-order', 'cancel-order', 'list-orders'];
const FOR_OPERATORS = ['dead-letters', 'redrive-order', 'redrive-dead-letters', 'openapi', 'stats'];
const THRICE_IN_5_MINUTES = { periodS: 5 * MINUTE_S, atLeast: 3 };

const OF_ORDERS = {
  'oldest-order-too-old': {
    says: `An order has been ready for more than ${oldestOrderS} s and is not produced.`,
    metric: own('OldestOrderAge', 'Maximum'),
    periodS: MINUTE_S,
    // An order that fails time and again is claimed each quarter of an hour, and drains in between
    // that find nothing say 0.
    periods: 20,
    breaching: 1,
    above: oldestOrderS,
  },
  'dead-letters-appear': {
    says: 'Orders could not be produced, and are not retried by themselves.',
    metric: own('OrdersDead', 'Sum'),
    periodS: 5 * MINUTE_S,
    atLeast: 1,
  },
  'redis-errors': {
    says: 'Redis could not be asked, or did not answer in time, again and again.',
    metric: own('RedisErrors', 'Sum'),
    periodS: 5 * MINUTE_S,
    periods: 2,
    atLeast: 5,
  },
  'reconcile-gap': {
    says: 'The daily pass found what it could not repair: an order is lost or cannot be read.',
    metric: own('ReconcileUnrepaired', 'Sum'),
    periodS: DAY_S,
    atLeast: 1,
  },
};

/** What happens by itself: where nothing is heard of it, it does not. */
const OF_SCHEDULES = {
  'drain-not-running': {
    says: 'No drain has come to its end for five minutes.',
    metric: own('DrainDuration', 'SampleCount'),
    periodS: 5 * MINUTE_S,
    below: 1,
    whereMissing: 'breaching',
  },
  'reconcile-not-running': {
    says: 'No pass of reconcile has come to its end for 26 hours.',
    metric: own('ReconcilePasses', 'Sum'),
    periodS: HOUR_S,
    periods: 26,
    below: 1,
    whereMissing: 'breaching',
  },
};

const OF_EVENTS = {
  'events-not-announced': {
    says: 'Events have waited for 15 minutes, or no announcer runs.',
    metric: own('OldestEventAge', 'Maximum'),
    periodS: 5 * MINUTE_S,
    periods: 3,
    above: 900,
    whereMissing: isScheduled ? 'breaching' : 'notBreaching',
  },
  'events-refused': {
    says: 'The receiver refused events, and they were set aside.',
    metric: own('EventsRefused', 'Sum'),
    periodS: 5 * MINUTE_S,
    atLeast: 1,
  },
};

/** On what AWS measures by itself. */
const OF_AWS = {
  'api-5xx': {
    says: 'Requests were answered with 5xx: an order may not have been taken in.',
    metric: {
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }],
      Statistic: 'Sum',
    },
    ...THRICE_IN_5_MINUTES,
  },
  'client-functions-fail': {
    says: 'A function that clients call ends with an error, or finds no place to run.',
    functions: FOR_CLIENTS,
    ...THRICE_IN_5_MINUTES,
  },
  'operator-functions-fail': {
    says: 'A function that operators call ends with an error, or finds no place to run.',
    functions: FOR_OPERATORS,
    ...THRICE_IN_5_MINUTES,
  },
  'drain-failing': {
    says: 'Drains end with an error, or find no place to run.',
    functions: ['drain-queue'],
    ...THRICE_IN_5_MINUTES,
  },
  'upkeep-failing': {
    says: 'The daily upkeep or the announcer ends with an error, or finds no place to run.',
    functions: ['maintain', 'announce-events'],
    periodS: 5 * MINUTE_S,
    atLeast: 1,
  },
  'failures-kept': {
    says: 'An invocation that nobody waits for was given up. It is kept in the queue of failures.',
    metric: {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['FailureQueue', 'QueueName'] } }],
      Statistic: 'Maximum',
    },
    periodS: 5 * MINUTE_S,
    atLeast: 1,
    // A queue that nobody touches for hours sends nothing, whatever is in it.
    whereMissing: 'ignore',
  },
};

/** The alarms of this deployment, by name. */
export const ALARMS = {
  ...(isMeasured && OF_ORDERS),
  ...(isMeasured && isScheduled && OF_SCHEDULES),
  ...(isMeasured && isAnnounced && OF_EVENTS),
  ...OF_AWS,
};

/** The logical id of an alarm. */
export function alarmId(name) {
  return `${inTitleCase(name)}Alarm`;
}

export async function resources({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const service = await resolveVariable('self:service');
  const entries = Object.entries(ALARMS).map(([name, alarm]) => [
    alarmId(name),
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `${service}-${stage}-${name}`,
        AlarmDescription: `${alarm.says} What to do: docs/runbook.md, "${name}".`,
        ...conditionOf(alarm),
        ...(alarm.functions ? failuresOf(alarm) : metricOf(alarm, stage)),
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        OKActions: [{ Ref: 'AlarmTopic' }],
        Tags: tagListOf(stage),
      },
    },
  ]);
  return { Resources: Object.fromEntries(entries) };
}

/** Of our own metrics; the stage is known only later. */
function own(MetricName, Statistic) {
  return { Namespace: NAMESPACE, MetricName, Statistic };
}

function metricOf({ metric, periodS }, stage) {
  const Dimensions = [{ Name: 'Stage', Value: stage }];
  return { Dimensions, ...metric, Period: periodS };
}

function conditionOf({ above, atLeast, below, periods = 1, breaching = periods, whereMissing }) {
  const [ComparisonOperator, Threshold] =
    above !== undefined
      ? ['GreaterThanThreshold', above]
      : below !== undefined
        ? ['LessThanThreshold', below]
        : ['GreaterThanOrEqualToThreshold', atLeast];
  return {
    ComparisonOperator,
    Threshold,
    EvaluationPeriods: periods,
    DatapointsToAlarm: breaching,
    TreatMissingData: whereMissing ?? 'notBreaching',
  };
}

/** All calls of some functions that came to nothing, as one sum. */
function failuresOf({ functions, periodS }) {
  const metrics = functions.flatMap((name) => FAILURES.map((MetricName) => ({ name, MetricName })));
  const read = metrics.map(({ name, MetricName }, at) => ({
    Id: `m${at}`,
    ReturnData: false,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName,
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: logicalIdsOf(name).lambda } }],
      },
      Period: periodS,
      Stat: 'Sum',
    },
  }));
  const sum = { Id: 'failures', Label: 'Errors and throttles', ReturnData: true };
  return { Metrics: [{ ...sum, Expression: 'SUM(METRICS())' }, ...read] };
}

function wholeNumber(name, byDefault, min, max) {
  const value = Number(process.env[name] || byDefault);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new SettingFault(`${name} is wrong: it must be a whole number from ${min} to ${max}.`);
}
