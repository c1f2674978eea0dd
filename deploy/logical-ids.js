/**
 * The names that osls gives to what it makes of a function, and our role beside them.
 *
 * @param functionName  as `serverless.yml` has it: `submit-order`
 */
export function logicalIdsOf(functionName) {
  const name = functionName.replace(/-/g, 'Dash').replace(/^./, (first) => first.toUpperCase());
  return {
    lambda: `${name}LambdaFunction`,
    logGroup: `${name}LogGroup`,
    httpPermission: `${name}LambdaPermissionHttpApi`,
    role: `${inTitleCase(functionName)}Role`,
  };
}

/** `submit-order` as `SubmitOrder`. */
export function inTitleCase(functionName) {
  return functionName.replace(/(?:^|-)(.)/g, (_, first) => first.toUpperCase());
}
