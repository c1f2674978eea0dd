import { isOn } from './is-on.js';
import { logicalIdsOf } from './logical-ids.js';
import { SettingFault } from './setting-fault.js';

/**
 * What `serverless.yml` cannot say of the HTTP API: how many requests it lets through, and that a
 * function is invoked for the path of its own route alone.
 */

/**
 * Requests a second that the stage lets through in the long run, and how many at once before that.
 * What is more is answered with 429 by API Gateway and costs nothing behind it.
 *
 * An order that is submitted alone costs Redis 6.2 commands in its life, and Upstash takes 10,000 a
 * second: 1,000 orders a second leave a third of them free. A burst is as many functions at once,
 * and 1,000 is what an account has by default.
 */
const DefaultRouteSettings = {
  ThrottlingRateLimit: wholeNumber('SLUICE_THROTTLE_RATE', 1_000, 10_000),
  ThrottlingBurstLimit: wholeNumber('SLUICE_THROTTLE_BURST', 1_000, 5_000),
  // A metric of each route costs as much as one of one's own; the functions have metrics each.
  DetailedMetricsEnabled: isOn('SLUICE_ROUTE_METRICS', false),
};

/**
 * `POST /drain` has the drain's reserved concurrency to run in, also for those who may not call it and
 * are told so: a thousand of them a second would leave the schedule no place. An operator needs one
 * at a time.
 */
const RouteSettings = {
  'POST /drain': {
    ...DefaultRouteSettings,
    ThrottlingRateLimit: 1,
    ThrottlingBurstLimit: Math.min(2, DefaultRouteSettings.ThrottlingBurstLimit),
  },
};

/**
 * A line of JSON for each request: when, which route, what came of it and how long it took. It has no
 * path, query, header or body, so no order, key or idempotency key; the requests that a function
 * answered are found in its log by `functionRequestId`.
 */
export const accessLogFormat = JSON.stringify({
  time: '$context.requestTime',
  requestId: '$context.requestId',
  functionRequestId: '$context.integration.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.responseType',
  ms: '$context.responseLatency',
  functionMs: '$context.integration.latency',
  bytes: '$context.responseLength',
  ip: '$context.identity.sourceIp',
});

export async function resources({ resolveConfigurationProperty }) {
  const functions = await resolveConfigurationProperty(['functions']);
  const permissions = Object.entries(functions).flatMap(([name, { events }]) =>
    events.flatMap(({ httpApi }) => (httpApi === undefined ? [] : [permission(name, httpApi)])),
  );
  return {
    extensions: {
      HttpApiStage: {
        Properties: { DefaultRouteSettings, RouteSettings },
        // API Gateway refuses the settings of a route that is not there yet.
        DependsOn: ['HttpApiRoutePostDrain'],
      },
      ...Object.fromEntries(permissions),
    },
  };
}

/**
 * Without this any route of the API might invoke it. The form is the one that the AWS CDK has for
 * routes of HTTP APIs, with the path as the route has it; what stands for the stage and the method
 * is written down nowhere, and an API has one stage here.
 *
 * @param route  as `POST /orders`
 */
function permission(functionName, route) {
  const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${HttpApi}`;
  const [, path] = route.split(' ');
  const SourceArn = { 'Fn::Sub': `${arn}/*/*${path}` };
  return [logicalIdsOf(functionName).httpPermission, { Properties: { SourceArn } }];
}

function wholeNumber(name, byDefault, max) {
  const value = Number(process.env[name] || byDefault);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new SettingFault(`${name} is wrong: it must be a whole number from 1 to ${max}.`);
}
