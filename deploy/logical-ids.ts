/**
 * The names that osls gives to what it makes of a function, and our role beside them.
 *
 * @param functionName  as `serverless.yml` has it: `submit-order`
 */
export function logicalIdsOf(functionName: string) {
  const name = functionName.replace(/-/g, 'Dash').replace(/^./, (first) => first.toUpperCase());
  return {
    lambda: `${name}LambdaFunction`,
    logGroup: `${name}LogGroup`,
    httpPermission: `${name}LambdaPermissionHttpApi`,
    role: `${inTitleCase(functionName)}Role`,
  };
}

/** The name that osls gives to a route: `POST /orders/{id}` is `HttpApiRoutePostOrdersIdVar`. */
export function routeIdOf(route: string): string {
  const [method = '', path = ''] = route.split(' ');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replace(/^\{(.*)\}$/, '$1Var').replace(/-/g, 'Dash'))
    .map((part) => part.replace(/^./, (first) => first.toUpperCase()));
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return `HttpApiRoute${verb}${parts.join('')}`;
}

/** `submit-order` as `SubmitOrder`. */
export function inTitleCase(functionName: string): string {
  return functionName.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase());
}
