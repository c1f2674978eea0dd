import { NAMESPACE } from '../lib/metrics/metric-names.ts';
import { alarmId } from './alarm-resources.ts';
import { alarmsOf } from './alarms.ts';
import { logicalIdsOf } from './logical-ids.ts';
import type { Stage } from './stage.ts';

/**
 * The dashboard of a stage, from top to bottom: alarms, then what comes in, what waits, what is
 * produced, what Redis does, and what AWS reports of the API and the functions. Its text is
 * JSON; `Fn::Sub` puts in what only CloudFormation knows.
 */

type Options = Readonly<Record<string, string | number>>;
type Line = (name: string, options: Options) => unknown[];

/** The functions that orders go through. A dashboard of more than 50 metrics costs 3 dollars a month. */
const ON_THE_WAY = ['submit-order', 'submit-batch', 'drain-queue'];
/** Those whose errors are drawn: the ones above, and what runs by itself. The others have alarms. */
const UNATTENDED = [...ON_THE_WAY, 'announce-events', 'maintain'];

/** A dashboard is 24 wide. */
const WIDTH = 24;
const REGION = `\${AWS::Region}`;
const API = `\${HttpApi}`;

export function dashboard(stage: Stage) {
  const widgets = widgetsOf(stage);
  const body = { start: '-PT6H', periodOverride: 'inherit', widgets };
  return {
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: {
          DashboardName: `sluice-${stage.name}`,
          DashboardBody: { 'Fn::Sub': JSON.stringify(body) },
        },
      },
    },
  };
}

/** Rows of widgets below each other; those of a row share its width. */
function widgetsOf(stage: Stage) {
  const rows: [number, object[]][] = [
    [3, [alarmList(stage)]],
    ...(stage.get('SLUICE_METRICS') === 'on' ? ownRows(stage.name) : []),
    [1, [heading('The API and the functions, as AWS measures them')]],
    [6, [requests(), latency()]],
    [
      6,
      [
        ofFunctions(UNATTENDED, 'Errors'),
        ofFunctions(ON_THE_WAY, 'Throttles'),
        ofFunctions(ON_THE_WAY, 'Duration', 'p95'),
      ],
    ],
  ];
  let y = 0;
  return rows.flatMap(([height, widgets]) => {
    const width = WIDTH / widgets.length;
    const placed = widgets.map((widget, at) => ({ ...widget, x: at * width, y, width, height }));
    y += height;
    return placed;
  });
}

function ownRows(stage: string): [number, object[]][] {
  const line: Line = (name, options) => [NAMESPACE, name, 'Stage', stage, options];
  const sum = (name: string, label: string) => line(name, { stat: 'Sum', label });
  const refusals = `SEARCH('{${NAMESPACE},Reason,Stage} MetricName="Refused" Stage="${stage}"', 'Sum', 60)`;
  return [
    [1, [heading('Orders that come in')]],
    [
      6,
      [
        graph('Orders in, a minute', [
          sum('OrdersAccepted', 'taken in'),
          sum('OrdersReplayed', 'repeats'),
        ]),
        graph('Refused, by reason', [[{ expression: refusals, id: 'refused', label: '' }]]),
      ],
    ],
    [1, [heading('Orders that wait, and what is produced')]],
    [
      6,
      [
        graph('Queue: orders', [line('QueueDepth', { stat: 'Maximum', label: 'deepest' })]),
        graph('Oldest order: seconds', [line('OldestOrderAge', { stat: 'Maximum', label: 'age' })]),
        graph('From ready to produced: seconds', percentiles(line, 'OrderToProducedTime')),
      ],
    ],
    [
      6,
      [
        graph('Orders out, a minute', [
          sum('OrdersProduced', 'produced'),
          sum('OrdersRetried', 'to be retried'),
          sum('OrdersDead', 'dead'),
        ]),
        graph('Drains: milliseconds', [
          line('DrainDuration', { stat: 'Average', label: 'average' }),
          line('DrainDuration', { stat: 'Maximum', label: 'longest' }),
        ]),
        graph('Batches: orders', [line('BatchSize', { stat: 'Average', label: 'average' })]),
      ],
    ],
    [1, [heading('Redis, and the upkeep')]],
    [
      6,
      [
        graph('Redis: milliseconds', percentiles(line, 'RedisLatency')),
        graph('Redis: errors a minute', [sum('RedisErrors', 'errors')]),
        graph('Redis: commands an hour', [line('BilledCommands', { stat: 'Sum' })], 3_600),
      ],
    ],
    [
      6,
      [
        graph(
          'Reconcile, a day',
          [sum('ReconcilePasses', 'passes'), sum('ReconcileUnrepaired', 'not repaired')],
          86_400,
        ),
        graph('Events', [
          line('OldestEventAge', { stat: 'Maximum', label: 'oldest: seconds' }),
          sum('EventsSetAside', 'set aside'),
        ]),
        graph('Stock left: units', [
          line('StockLeft', { stat: 'Minimum', label: 'scarcest' }),
          line('StockLeft', { stat: 'Maximum', label: 'tenth' }),
        ]),
      ],
    ],
  ];
}

function percentiles(line: Line, name: string) {
  return ['p50', 'p95', 'p99'].map((stat) => line(name, { stat, label: stat }));
}

function alarmList(stage: Stage) {
  const arns = Object.keys(alarmsOf(stage)).map((name) => `\${${alarmId(name)}.Arn}`);
  return { type: 'alarm', properties: { title: 'Alarms', alarms: arns } };
}

function heading(markdown: string) {
  return { type: 'text', properties: { markdown: `## ${markdown}`, background: 'transparent' } };
}

function graph(title: string, metrics: readonly unknown[], period = 60) {
  const yAxis = { left: { min: 0 } };
  return {
    type: 'metric',
    properties: { title, metrics, view: 'timeSeries', region: REGION, period, yAxis },
  };
}

function requests() {
  const of = (name: string, label: string) => [
    'AWS/ApiGateway',
    name,
    'ApiId',
    API,
    { stat: 'Sum', label },
  ];
  return graph('Requests a minute', [of('Count', 'all'), of('4xx', '4xx'), of('5xx', '5xx')]);
}

function latency() {
  const of = (stat: string) => ['AWS/ApiGateway', 'Latency', 'ApiId', API, { stat, label: stat }];
  return graph('API: milliseconds', ['p50', 'p95', 'p99'].map(of));
}

function ofFunctions(names: readonly string[], metric: string, stat = 'Sum') {
  const metrics = names.map((label) => {
    const { lambda } = logicalIdsOf(label);
    return ['AWS/Lambda', metric, 'FunctionName', `\${${lambda}}`, { stat, label }];
  });
  const unit = stat === 'Sum' ? 'a minute' : `${stat}, milliseconds`;
  return graph(`${metric} of functions, ${unit}`, metrics);
}
