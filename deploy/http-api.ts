import type { Functions, HttpApiEvent } from './functions.ts';
import { logicalIdsOf, routeIdOf } from './logical-ids.ts';
import type { Stage } from './stage.ts';
import { throttles } from './throttles.ts';

/**
 * A line of JSON for each request: when, which route, its outcome and how long it took. It has no path,
 * query, header or body, so no order, key or idempotency key. `functionRequestId` leads to the log of
 * the function that answered.
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

const JWT = 'jwt';

/** `provider.httpApi.authorizers`: API Gateway checks the token of each request. */
export function authorizers(stage: Stage) {
  const issuerUrl = stage.get('SLUICE_JWT_ISSUER');
  if (issuerUrl === '') return {};
  const identitySource = '$request.header.Authorization';
  const audience = stage.get('SLUICE_JWT_AUDIENCE').split(',');
  return { [JWT]: { type: 'jwt', identitySource, issuerUrl, audience } };
}

/** A route as `serverless.yml` has it, behind the authorizer where there is one. */
export function authorized(stage: Stage, event: HttpApiEvent): HttpApiEvent {
  if (stage.get('SLUICE_JWT_ISSUER') === '' || typeof event !== 'string') return event;
  const [method = '', path = ''] = event.split(' ');
  const authorizer = { name: JWT };
  return { method, path, authorizer } as HttpApiEvent;
}

/** What `serverless.yml` cannot say: the throttles, and that a function is invoked for its own path only. */
export function httpApi(stage: Stage, functions: Functions) {
  const { others, routes } = throttles(stage);
  const permissions = Object.entries(functions).flatMap(([name, { events = [] }]) => {
    const routes = events.flatMap(({ httpApi: route }) => (route === undefined ? [] : [route]));
    return routes.length === 0 ? [] : [permission(name, routes)];
  });
  return {
    extensions: {
      HttpApiStage: {
        Properties: { DefaultRouteSettings: others, RouteSettings: routes },
        // API Gateway refuses the settings of a route that is not there yet.
        DependsOn: Object.keys(routes).map(routeIdOf),
      },
      ...Object.fromEntries(permissions),
    },
  };
}

/**
 * Without this any route of the API might invoke the function. The form is the one that the AWS CDK has
 * for routes of HTTP APIs. The Serverless Framework makes one permission for each function: one with
 * several routes gets the path that they begin with.
 */
function permission(functionName: string, routes: readonly HttpApiEvent[]) {
  const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${HttpApi}`;
  const paths = routes.map((route) =>
    typeof route === 'string' ? route.split(' ')[1] : route.path,
  );
  const [first = '', ...others] = paths.toSorted((a = '', b = '') => a.length - b.length);
  if (!others.every((path) => path?.startsWith(first))) {
    throw new Error(`The routes of ${functionName} have no path in common: ${paths.join(', ')}`);
  }
  const SourceArn = { 'Fn::Sub': `${arn}/*/*${first}${others.length > 0 ? '*' : ''}` };
  return [logicalIdsOf(functionName).httpPermission, { Properties: { SourceArn } }];
}
