import { type Alarm, alarmsOf, type Metric } from './alarms.ts';
import { inTitleCase, logicalIdsOf } from './logical-ids.ts';
import type { Stage } from './stage.ts';

/** What counts calls of a function that failed. */
const FAILURES = ['Errors', 'Throttles'];

/** The logical id of an alarm. */
export function alarmId(name: string): string {
  return `${inTitleCase(name)}Alarm`;
}

export function alarms(stage: Stage) {
  const topic = [{ Ref: 'AlarmTopic' }];
  const made = Object.entries(alarmsOf(stage)).map(([name, alarm]) => [
    alarmId(name),
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `sluice-${stage.name}-${name}`,
        AlarmDescription: `${alarm.says} What to do: docs/runbook.md, "${name.replace(/-\d+$/, '')}".`,
        ...conditionOf(alarm),
        ...('functions' in alarm.metric
          ? failuresOf(alarm.metric.functions, alarm.periodS)
          : metricOf(alarm.metric, alarm.periodS, stage)),
        AlarmActions: topic,
        OKActions: topic,
        // A metric that stops turns such an alarm to "insufficient data". It is in that state from the
        // start, so that nothing fires on the first day, before the metric was ever written.
        ...(alarm.when === 'silent' && { InsufficientDataActions: topic }),
      },
    },
  ]);
  const email = stage.get('SLUICE_ALARM_EMAIL');
  const subscription = {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: email },
  };
  return {
    Resources: {
      ...Object.fromEntries(made),
      ...(email !== '' && { AlarmSubscription: subscription }),
    },
  };
}

function metricOf(metric: Metric, Period: number, stage: Stage) {
  const Dimensions = [{ Name: 'Stage', Value: stage.name }];
  return { Dimensions, ...metric, Period };
}

function conditionOf({ when, periods = 1, breaching = periods, isKeptWhereMissing }: Alarm) {
  const [ComparisonOperator, Threshold] =
    when === 'silent'
      ? ['LessThanThreshold', 1]
      : 'above' in when
        ? ['GreaterThanThreshold', when.above]
        : ['GreaterThanOrEqualToThreshold', when.atLeast];
  const whereMissing = isKeptWhereMissing ? 'ignore' : 'notBreaching';
  return {
    ComparisonOperator,
    Threshold,
    EvaluationPeriods: periods,
    DatapointsToAlarm: when === 'silent' ? 1 : breaching,
    TreatMissingData: when === 'silent' ? 'missing' : whereMissing,
  };
}

/** All failed calls of some functions, as one sum. */
function failuresOf(functions: readonly string[], Period: number) {
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
      Period,
      Stat: 'Sum',
    },
  }));
  const sum = { Id: 'failures', Label: 'Errors and throttles', ReturnData: true };
  return { Metrics: [{ ...sum, Expression: 'SUM(METRICS())' }, ...read] };
}
