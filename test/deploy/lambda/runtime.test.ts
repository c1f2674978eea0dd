import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { accountWith, deployStack, functionResources, MAY_LOG } from '../aws/stack.ts';
import { deployed, lines } from './deployed-function.ts';

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
