import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { accountWith, deployStack, functionResources, MAY_LOG } from '../aws/stack.ts';
import { startHttpApi } from './gateway.ts';
import { startLambda } from './lambda.ts';
import { fire } from './schedule.ts';

/** A function `fn` of this code, deployed. */
function deployed(
  code: string,
  {
    properties,
    statements,
    more = {},
  }: { properties?: object; statements?: readonly object[]; more?: Record<string, unknown> } = {},
) {
  const account = accountWith(code);
  const stack = deployStack(account, { ...functionResources(properties, statements), ...more });
  expect(stack.status, JSON.stringify(stack.events)).toBe('CREATE_COMPLETE');
  const lambda = startLambda(account, 'http://127.0.0.1:1');
  onTestFinished(() => lambda.end());
  const invoke = async (event: unknown = {}) => {
    const outcome = await lambda.invoke('fn', JSON.stringify(event));
    return outcome.kind === 'answered' ? JSON.parse(outcome.payload) : outcome;
  };
  return { account, lambda, invoke, stack };
}

const lines = ({ account }: ReturnType<typeof deployed>) =>
  account.logGroups.get('/aws/lambda/fn')?.lines ?? [];

test('a handler gets the event, and a context that knows how much time is left', async () => {
  const { invoke } = deployed(
    'export const handler = async (event, c) => [event, c.functionName, c.memoryLimitInMB, c.getRemainingTimeInMillis()];',
    { properties: { Timeout: 9, MemorySize: 512 } },
  );
  const [event, name, memory, leftMs] = await invoke({ slot: 1 });
  expect([event, name, memory]).toEqual([{ slot: 1 }, 'fn', '512']);
  expect(leftMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThanOrEqual(9_000);
});

test('its environment is the one of the template, and Lambda’s own', async () => {
  const { invoke } = deployed('export const handler = async () => process.env;', {
    properties: { Environment: { Variables: { A: 'a', B: '' } } },
  });
  const env = await invoke();
  expect(env).toMatchObject({
    A: 'a',
    B: '',
    AWS_REGION: 'eu-central-1',
    _HANDLER: 'index.handler',
  });
  const others = Object.keys(env).filter((name) => !/^(_HANDLER|AWS_|LAMBDA_)/.test(name));
  expect(others.sort()).toEqual(['A', 'B', 'LANG', 'PATH', 'TZ']);
});

test('an instance that is asked nothing does nothing', async () => {
  const { invoke } = deployed('export const handler = async () => process.pid;');
  const pid = await invoke();
  const stateOf = () =>
    execFileSync('ps', ['-o', 'state=', '-p', String(pid)])
      .toString()
      .trim();
  await expect.poll(stateOf).toMatch(/^T/);
  expect(await invoke()).toBe(pid);
});

test('an instance that takes longer than its timeout is ended, and the next event gets another', async () => {
  const { invoke } = deployed(
    'export const handler = (event) => event.isSlow ? new Promise(() => setInterval(() => {}, 1e6)) : process.pid;',
    { properties: { Timeout: 1 } },
  );
  const pid = await invoke();
  expect(await invoke({ isSlow: true })).toMatchObject({
    kind: 'failed',
    error: { errorMessage: expect.stringContaining('Task timed out after 1.00 seconds') },
  });
  expect(await invoke()).not.toBe(pid);
});

test('a handler that cannot be loaded fails each event, and says why in the log', async () => {
  const made = deployed('throw new Error("SLUICE_A is missing");');
  expect(await made.invoke()).toMatchObject({
    kind: 'failed',
    error: { errorType: 'Error', errorMessage: 'SLUICE_A is missing' },
  });
  await made.lambda.end();
  expect(lines(made).join('\n')).toContain('SLUICE_A is missing');
});

test('a process that ends in the middle fails its event alone', async () => {
  const { invoke } = deployed(
    'export const handler = async (event) => event.ends ? process.exit(3) : 1;',
  );
  expect(await invoke({ ends: true })).toMatchObject({
    error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('status 3') },
  });
  expect(await invoke()).toBe(1);
});

test('no more events run at once than are reserved', async () => {
  const { invoke } = deployed('export const handler = async () => 1;', {
    properties: { ReservedConcurrentExecutions: 1 },
  });
  expect(await Promise.all([invoke(), invoke()])).toEqual([1, { kind: 'throttled' }]);
  expect(await invoke()).toBe(1);
});

test('an event that fails is tried as often as was said, and then put into the queue', async () => {
  const mayTell = {
    Effect: 'Allow',
    Action: 'sqs:SendMessage',
    Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
  };
  const Properties = {
    FunctionName: { Ref: 'Function' },
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Queue', 'Arn'] } } },
  };
  const more = {
    Queue: { Type: 'AWS::SQS::Queue' },
    Config: { Type: 'AWS::Lambda::EventInvokeConfig', Properties },
  };
  const made = deployed('export const handler = async () => { throw new Error("no luck"); };', {
    statements: [MAY_LOG, mayTell],
    more,
  });
  made.lambda.invokeLater('fn', '{"slot":0}');
  await made.lambda.settled();
  const [queue] = made.account.queues.values();
  expect(queue?.messages.map((message) => JSON.parse(message))).toMatchObject([
    {
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { slot: 0 },
      responsePayload: { errorMessage: 'no luck' },
    },
  ]);
  expect(lines(made).filter((line) => line.startsWith('START'))).toHaveLength(2);
});

test('what a role may not log is lost, and noted', async () => {
  const made = deployed('export const handler = async () => console.log("hello");', {
    statements: [{ ...MAY_LOG, Action: 'logs:CreateLogStream' }],
  });
  await made.invoke();
  await made.lambda.end();
  expect(lines(made)).toEqual([]);
  expect(made.account.denials).toMatchObject([{ caller: 'fn', action: 'logs:PutLogEvents' }]);
});

test('a function that was deployed anew gets its next event in the new code', async () => {
  const { account, invoke } = deployed('export const handler = async () => 1;');
  expect(await invoke()).toBe(1);
  const { buckets } = accountWith('export const handler = async () => 2;');
  const object = buckets.get('code')?.get('code.zip');
  if (object !== undefined) account.buckets.get('code')?.set('code.zip', object);
  deployStack(account, functionResources({ Description: 'new' }));
  expect(await invoke()).toBe(2);
});

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
  const api = await startHttpApi(made.account, [...made.account.apis.keys()][0] ?? '', made.lambda);
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
