import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type InjectedFailure, type Rules, SERVICE_ERRORS } from '../../local/upstash/rules.ts';
import { errorOf, post, stackForFile, stackForTest } from './stack.ts';

const stack = stackForFile();

const sha1 = (script: string): string => createHash('sha1').update(script).digest('hex');
const TORN =
  "for i = 1, 3 do redis.call('RPUSH', KEYS[1], i) end return redis.call('LLEN', KEYS[1])";

test.each(Object.keys(SERVICE_ERRORS) as InjectedFailure['error'][])(
  '%s can befall a command in the middle of a script, and what was written before stays',
  async (error) => {
    const { upstash, command } = await stackForTest({
      rules: { failure: { error, of: 'script', command: 3, times: 1 } },
    });
    expect(errorOf(await command('EVAL', TORN, 1, 'list'))).toBe(
      `${SERVICE_ERRORS[error]} script: ${sha1(TORN)}, on @user_script:1.`,
    );
    expect((await command('LRANGE', 'list', 0, -1)).body).toEqual({ result: ['1', '2'] });
    expect((await command('EVAL', TORN, 1, 'list')).body).toEqual({ result: 5 });
    expect(upstash.usage.failures).toBe(1);
  },
);

test.each(Object.keys(SERVICE_ERRORS) as InjectedFailure['error'][])(
  '%s can befall any command of a request',
  async (error) => {
    const { command } = await stackForTest({
      rules: { failure: { error, of: 'request', command: 1, times: 1 } },
    });
    expect(await command('SET', 'k', 1)).toEqual({
      status: error === 'unauthorized' ? 401 : 400,
      body: { error: SERVICE_ERRORS[error] },
    });
    expect((await command('EXISTS', 'k')).body).toEqual({ result: 0 });
  },
);

test.each(['/pipeline', '/multi-exec'])('a command of a %s can fail by itself', async (path) => {
  const own = await stackForTest();
  const failing = async (failure: Omit<InjectedFailure, 'error' | 'of'>) => {
    own.upstash.rules.failure = { error: 'databaseFull', of: 'request', ...failure };
    const { body } = await post(own, path, [
      ['INCR', 'a'],
      ['INCR', 'b'],
      ['INCR', 'c'],
    ]);
    return (body as { error?: string }[]).map(({ error }) => error !== undefined);
  };
  expect(await failing({ command: 2 })).toEqual([false, true, false]);
  expect(await failing({ command: 2, andLater: true })).toEqual([false, true, true]);
  expect(await failing({ command: 4 })).toEqual([false, false, false]);
  expect((await own.command('MGET', 'a', 'b', 'c')).body).toEqual({ result: ['3', '1', '2'] });
});

test('a failure waits for its script, and for a run that comes to its command', async () => {
  const script = "for i = 1, ARGV[1] do redis.call('LLEN', KEYS[1]) end";
  const { command, rules } = await stackForTest();
  rules.failure = { error: 'recordFull', of: 'script', command: 3, script: sha1(script), times: 1 };
  const statusOf = async (text: string, commands: number) =>
    (await command('EVAL', text, 1, 'l', commands)).status;
  expect(await statusOf(`${script} return 1`, 5)).toBe(200);
  expect(await statusOf(script, 2)).toBe(200);
  expect(await statusOf(script, 3)).toBe(400);
  expect(await statusOf(script, 3)).toBe(200);
});

test('a script that catches a failure goes on; where later commands fail too, it cannot', async () => {
  const script =
    "local r = redis.pcall('INCR', KEYS[1]) return {r.err or r, redis.call('INCR', KEYS[1])}";
  const { command, rules } = await stackForTest();
  rules.failure = { error: 'databaseFull', of: 'script', command: 1 };
  const { body } = await command('EVAL', script, 1, 'k');
  expect(body).toEqual({ result: [SERVICE_ERRORS.databaseFull, 1] });
  rules.failure.andLater = true;
  expect((await command('EVAL', script, 1, 'k')).status).toBe(400);
  expect((await command('GET', 'k')).body).toEqual({ result: '1' });
});

test.each([
  ['a command', '/', ['SET', 'billed', 1], 1],
  [
    'each command of a pipeline',
    '/pipeline',
    [
      ['GET', 'billed'],
      ['GET', 'billed'],
    ],
    2,
  ],
  [
    'MULTI and EXEC',
    '/multi-exec',
    [
      ['GET', 'billed'],
      ['GET', 'billed'],
    ],
    4,
  ],
  ['the call of a script and each command inside', '/', ['EVAL', TORN, 1, 'billed:list'], 5],
  [
    'those inside a script that fails',
    '/',
    ['EVAL', "redis.call('GET', KEYS[1]) redis.pcall('INCR', KEYS[2]) error('x')", 2, 'a', 'b'],
    3,
  ],
  ['a script that is not known', '/', ['EVALSHA', sha1('unknown'), 0], 1],
  ['no PING', '/', ['PING'], 0],
  ['nothing that is refused', '/', ['BLPOP', 'k', 0], 0],
] as const)('billed is %s', async (_, path, body, billed) => {
  const before = stack.upstash.usage.billedCommands;
  await post(stack, path, body);
  expect(stack.upstash.usage.billedCommands - before).toBe(billed);
});

test('above the rate requests wait, and those inside a script count', async () => {
  const { command } = await stackForTest({ rules: { commandsPerSecondMax: 100 } });
  const startMs = performance.now();
  await Promise.all([command('EVAL', TORN, 1, 'k'), ...Array(5).fill(command('GET', 'k'))]);
  await command('GET', 'k');
  // At least: the call, 4 inside, 6 more; the last is not waited for.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(40);
});

test('a network delay is waited for each way', async () => {
  const { command, upstash } = await stackForTest();
  upstash.rules.delayMs = 20;
  const startMs = performance.now();
  await command('GET', 'k');
  // Timers may fire up to a millisecond early.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(38);
});

test('rules are changed and usage is read over HTTP', async () => {
  const own = await stackForTest();
  const put = (rules: unknown) =>
    own.request('/sluice/rules', { method: 'PUT', body: JSON.stringify(rules) });
  const failure = { error: 'requestsUsedUp', of: 'request', command: 1 };
  expect(await (await put({ delayMs: 1, failure })).json()).toMatchObject({ delayMs: 1, failure });
  expect(errorOf(await own.command('GET', 'k'))).toBe(SERVICE_ERRORS.requestsUsedUp);
  await put({ failure: null });
  await own.command('GET', 'k');
  const usage = await own.request('/sluice/usage');
  expect(await usage.json()).toEqual({ billedCommands: 1, failures: 1, undeclaredKeys: {} });
});

test.each([
  [{ delay: 1 }],
  [{ delayMs: -1 }],
  [{ failure: { error: 'full', of: 'request', command: 1 } }],
  ['no JSON'],
] as [Partial<Rules>][])('wrong rules are refused: %j', async (rules) => {
  const body = typeof rules === 'string' ? rules : JSON.stringify(rules);
  const response = await stack.request('/sluice/rules', { method: 'PUT', body });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR rules[.\w]*: \w/) });
});
