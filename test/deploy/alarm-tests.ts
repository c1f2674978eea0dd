import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NAMESPACE } from '../../lib/metrics/metric-names.ts';
import { ROOT } from '../support/source-files.ts';
import { deployedFunction } from './rules.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';
import { VARIANTS, type Variant } from './variants.ts';

interface MetricStat {
  readonly Metric: Watched;
  readonly Period: number;
  readonly Stat: string;
}

/** A metric that an alarm watches, by itself or in an expression. */
interface Watched {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}

type Alarm = Resource['Properties'] &
  Partial<Watched> & {
    readonly AlarmName: string;
    readonly AlarmDescription: string;
    readonly ComparisonOperator: string;
    readonly Threshold: number;
    readonly EvaluationPeriods: number;
    readonly DatapointsToAlarm: number;
    readonly TreatMissingData: string;
    readonly Period?: number;
    readonly Statistic?: string;
    readonly Metrics?: readonly {
      readonly Expression?: string;
      readonly MetricStat?: MetricStat;
    }[];
  };

const VARIANT_NAMES = Object.keys(VARIANTS) as Variant[];
const RUNBOOK = readFileSync(`${ROOT}/docs/runbook.md`, 'utf8');

const alarmsOf = (template: Template) =>
  resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties as Alarm);

function watchedBy(alarm: Alarm): Watched[] {
  if (alarm.Metrics === undefined) return [alarm as unknown as Watched];
  return alarm.Metrics.flatMap(({ MetricStat: stat }) => (stat === undefined ? [] : [stat.Metric]));
}

/** Functions whose calls may come to nothing without an alarm. */
function unwatchedFunctions(template: Template): string[] {
  const watched = new Set(
    alarmsOf(template)
      .flatMap(watchedBy)
      .map((metric) => JSON.stringify(metric)),
  );
  return resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id]) =>
    ['Errors', 'Throttles'].flatMap((MetricName) => {
      const Dimensions = [{ Name: 'FunctionName', Value: { Ref: id } }];
      const metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions };
      return watched.has(JSON.stringify(metric)) ? [] : [`${MetricName} of ${id}`];
    }),
  );
}

const OPERATORS: Readonly<Record<string, string>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
};

/** When an alarm goes off, in a line: a wrong statistic would keep it silent, or have it never end. */
function conditionOf(alarm: Alarm): string {
  const { Threshold, DatapointsToAlarm, EvaluationPeriods, TreatMissingData } = alarm;
  const stats = (alarm.Metrics ?? []).flatMap(({ MetricStat: stat }) => stat ?? []);
  const statistics = new Set(stats.map(({ Stat }) => Stat).concat(alarm.Statistic ?? []));
  const periods = new Set(stats.map(({ Period }) => Period).concat(alarm.Period ?? []));
  const operator = OPERATORS[alarm.ComparisonOperator];
  const often = `${DatapointsToAlarm} of ${EvaluationPeriods} x ${[...periods].join()} s`;
  return `${[...statistics].join()} ${operator} ${Threshold}, ${often}, missing ${TreatMissingData}`;
}

/** The alarms of a template, and who is told. */
export function testAlarms(templateOf: (variant: Variant) => Template): void {
  test.each(VARIANT_NAMES)(
    'packaged %s, every function has an alarm on its errors and throttles',
    (variant) => {
      expect(unwatchedFunctions(templateOf(variant))).toEqual([]);
      const watched = alarmsOf(templateOf(variant)).flatMap(watchedBy);
      const one = (namespace: string) => watched.filter(({ Namespace }) => Namespace === namespace);
      expect(one('AWS/ApiGateway')).toMatchObject([
        { MetricName: '5xx', Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }] },
      ]);
      expect(one('AWS/SQS')).toMatchObject([{ MetricName: 'ApproximateNumberOfMessagesVisible' }]);
    },
  );

  test.each(VARIANT_NAMES)(
    'packaged %s, an alarm stays within what CloudWatch takes',
    (variant) => {
      for (const alarm of alarmsOf(templateOf(variant))) {
        const stats = (alarm.Metrics ?? []).flatMap(({ MetricStat: stat }) => stat ?? []);
        // A math expression takes 10 metrics, and all alarms look back a day, or a week by the hour.
        expect(stats.length, alarm.AlarmName).toBeLessThanOrEqual(10);
        for (const periodS of alarm.Period === undefined
          ? stats.map(({ Period }) => Period)
          : [alarm.Period]) {
          const longestS = periodS < 3_600 ? 86_400 : 604_800;
          expect(periodS * alarm.EvaluationPeriods, alarm.AlarmName).toBeLessThanOrEqual(longestS);
        }
      }
    },
  );

  test.each(VARIANT_NAMES)(
    'packaged %s, an alarm tells the topic, and where it is written what to do',
    (variant) => {
      const told = [{ Ref: 'AlarmTopic' }];
      for (const alarm of alarmsOf(templateOf(variant))) {
        expect(alarm).toMatchObject({ AlarmActions: told, OKActions: told });
        // One that nothing is heard of is told of too, and none on the first day, before anything was.
        const isSilent = alarm.TreatMissingData === 'missing';
        expect(alarm.InsufficientDataActions).toEqual(isSilent ? told : undefined);
        expect(alarm.TreatMissingData).not.toBe('breaching');
        const [, section = ''] = /docs\/runbook\.md, "(.+)"\.$/.exec(alarm.AlarmDescription) ?? [];
        expect(alarm.AlarmName).toMatch(new RegExp(`^sluice-(dev|prod)-${section}(-\\d)?$`));
        expect(RUNBOOK).toContain(`\n### ${section}\n\n**Means.** `);
      }
    },
  );

  test('an alarm on a metric of ours asks for it under the stage that the functions write', () => {
    for (const variant of VARIANT_NAMES) {
      const { SLUICE_STAGE: stage } = deployedFunction(templateOf(variant), 'drain-queue').env;
      for (const metric of alarmsOf(templateOf(variant)).flatMap(watchedBy)) {
        if (metric.Namespace !== NAMESPACE) continue;
        expect(metric.Dimensions, metric.MetricName).toEqual([{ Name: 'Stage', Value: stage }]);
      }
    }
  });

  test('each alarm goes off when the runbook says', () => {
    const conditions = alarmsOf(templateOf('with every option')).map((alarm) => [
      alarm.AlarmName.replace('sluice-prod-', ''),
      conditionOf(alarm),
    ]);
    const thrice = 'Sum >= 3, 1 of 1 x 300 s, missing notBreaching';
    expect(Object.fromEntries(conditions)).toEqual({
      'oldest-order-too-old': 'Maximum > 600, 1 of 20 x 60 s, missing notBreaching',
      'dead-letters-appear': 'Sum >= 1, 1 of 1 x 300 s, missing notBreaching',
      'commands-over-budget': 'Sum > 12903, 1 of 1 x 86400 s, missing notBreaching',
      'redis-errors': 'Sum >= 5, 2 of 2 x 300 s, missing notBreaching',
      'reconcile-gap': 'Sum >= 1, 1 of 1 x 86400 s, missing notBreaching',
      // What does not run says nothing, and what has never run yet either.
      'drain-not-running': 'SampleCount < 1, 1 of 1 x 300 s, missing missing',
      'reconcile-not-running': 'Sum < 1, 1 of 26 x 3600 s, missing missing',
      'announcer-not-running': 'SampleCount < 1, 1 of 1 x 300 s, missing missing',
      'events-not-announced': 'Maximum > 900, 3 of 3 x 300 s, missing notBreaching',
      'events-set-aside': 'Sum >= 1, 1 of 1 x 300 s, missing notBreaching',
      'api-5xx': thrice,
      'client-functions-fail': thrice,
      'client-functions-fail-2': thrice,
      'operator-functions-fail': thrice,
      'operator-functions-fail-2': thrice,
      'operator-functions-fail-3': thrice,
      'drain-failing': thrice,
      'upkeep-failing': 'Sum >= 1, 1 of 1 x 300 s, missing notBreaching',
      'failures-kept': 'Maximum >= 1, 1 of 1 x 300 s, missing ignore',
    });
  });

  test('what is off has no alarm, and what is on has its own', () => {
    const names = (variant: Variant) =>
      alarmsOf(templateOf(variant)).map(({ AlarmName }) =>
        AlarmName.replace(/^sluice-[a-z]+-/, ''),
      );
    expect(names('as it comes')).toContain('drain-not-running');
    expect(names('as it comes')).not.toContain('events-not-announced');
    expect(names('with every option')).toContain('events-not-announced');
    expect(names('with nothing that runs by itself')).toEqual([
      ...['api-5xx', 'client-functions-fail', 'client-functions-fail-2'],
      ...['operator-functions-fail', 'operator-functions-fail-2'],
      ...['operator-functions-fail-3'],
      ...['drain-failing', 'upkeep-failing', 'failures-kept'],
    ]);
    const oldest = (variant: Variant) =>
      alarmsOf(templateOf(variant)).find(({ MetricName }) => MetricName === 'OldestOrderAge');
    expect(oldest('as it comes')?.Threshold).toBe(900);
    expect(oldest('with every option')?.Threshold).toBe(600);
  });

  test('only alarms of this account may publish to the topic, and only by TLS', () => {
    for (const variant of VARIANT_NAMES) {
      const policies = resourcesOf(templateOf(variant), 'AWS::SNS::TopicPolicy');
      const [[, { Properties }] = expect.fail()] = policies;
      const { Statement } = Properties.PolicyDocument as { Statement: object[] };
      expect(Statement).toHaveLength(2);
      expect(Statement).toMatchObject([
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
        { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ]);
      // CloudWatch could not tell a topic that is encrypted with the key that AWS keeps for SNS.
      const [topic] = resourcesOf(templateOf(variant), 'AWS::SNS::Topic');
      expect(JSON.stringify(topic)).not.toContain('KmsMasterKeyId');
    }
  });

  test('an address is told where there is one', () => {
    const subscriptions = (variant: Variant) =>
      resourcesOf(templateOf(variant), 'AWS::SNS::Subscription').map(([, one]) => one.Properties);
    expect(subscriptions('as it comes')).toEqual([]);
    expect(subscriptions('with every option')).toEqual([
      { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: 'ops@shop.example' },
    ]);
  });
}
