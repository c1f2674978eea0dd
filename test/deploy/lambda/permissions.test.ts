import { expect, onTestFinished, test } from 'vitest';
import { deployStack, functionResources } from '../aws/stack.ts';
import { deployed, lines } from './deployed-function.ts';
import { startHttpApi } from './gateway.ts';
import { fire } from './schedule.ts';

const RULE = {
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression: 'rate(1 minute)',
    Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] }, Input: '{"slot":3}' }],
  },
};

function permission(Principal: string, SourceArn: unknown) {
  const FunctionName = { Ref: 'Function' };
  const Properties = { Action: 'lambda:InvokeFunction', FunctionName, Principal, SourceArn };
  return { Type: 'AWS::Lambda::Permission', Properties };
}

test('a rule invokes its target where it is permitted to and enabled, and only then', async () => {
  const code = 'export const handler = async (event) => console.log(JSON.stringify(event));';
  const Permission = permission('events.amazonaws.com', { 'Fn::GetAtt': ['Rule', 'Arn'] });
  const made = deployed(code, { more: { Rule: RULE, Permission } });
  expect(await fire(made.account, made.lambda, 'rate(1 minute)')).toBe(1);
  await made.lambda.end();
  expect(lines(made)).toContain('{"slot":3}');

  const Disabled = { ...RULE, Properties: { ...RULE.Properties, State: 'DISABLED' } };
  deployStack(made.account, { ...functionResources(), Rule: Disabled, Permission });
  expect(await fire(made.account, made.lambda, 'rate(1 minute)')).toBe(0);
  deployStack(made.account, { ...functionResources(), Rule: RULE });
  expect(await fire(made.account, made.lambda, 'rate(1 minute)')).toBe(0);
  expect(made.account.denials).toHaveLength(1);
});

test('a route invokes its function only where that permits it, and passes what was sent', async () => {
  const Api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'a', ProtocolType: 'HTTP' } };
  const ApiId = { Ref: 'Api' };
  const IntegrationUri = { 'Fn::GetAtt': ['Function', 'Arn'] };
  const own = { IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0', IntegrationUri };
  const Target = { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] };
  const more = {
    Api,
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId, StageName: '$default' } },
    Integration: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId, ...own } },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: { ApiId, RouteKey: 'POST /a/{id}', Target },
    },
  };
  const arnOf = (route: string) => ({
    'Fn::Sub': `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/$default/${route}`,
  });
  const Permission = permission('apigateway.amazonaws.com', arnOf('POST/a/{id}'));
  const code =
    'export const handler = async (event) => ({ statusCode: 201, body: JSON.stringify(event) });';
  const made = deployed(code, { more: { ...more, Permission } });
  const api = await startHttpApi(made.account, () => [...made.account.apis.keys()][0], made.lambda);
  onTestFinished(() => api.close());
  const post = (path: string, type: string) =>
    fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"a":1}',
    });

  const answer = await post('/a/b%20c?x=1&x=2', 'application/json');
  expect([answer.status, await answer.json()]).toMatchObject([
    201,
    {
      routeKey: 'POST /a/{id}',
      rawPath: '/a/b c',
      pathParameters: { id: 'b c' },
      queryStringParameters: { x: '1,2' },
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
      isBase64Encoded: false,
    },
  ]);
  const bytes = await post('/a/b', 'application/octet-stream');
  expect(await bytes.json()).toMatchObject({ body: btoa('{"a":1}'), isBase64Encoded: true });
  expect((await post('/a', 'application/json')).status).toBe(404);

  const wrong = permission('apigateway.amazonaws.com', arnOf('GET/a/{id}'));
  deployStack(made.account, { ...functionResources(), ...more, Permission: wrong });
  expect((await post('/a/b', 'application/json')).status).toBe(500);
  expect(made.account.denials).toHaveLength(1);
});
