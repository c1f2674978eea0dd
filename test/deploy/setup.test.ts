import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';
import { variablesOf } from '../support/secrets-manager.ts';
import { giveCredentials } from './aws/account.ts';
import { type Aws, startAws } from './aws/aws.ts';
import { copiedProject } from './aws/sls.ts';
import { handRole } from './deployer-role.ts';
import { startHttpApi } from './lambda/gateway.ts';
import { startLambda } from './lambda/lambda.ts';
import { fire } from './lambda/schedule.ts';

const TOKEN = 'canary-token';
/** What a new account has. */
const CONCURRENCY = 10;

const started: (() => unknown)[] = [];
let aws: Aws;
let operator: ReturnType<typeof giveCredentials>;
let dir: string;
let url: string;
let minute: () => Promise<unknown>;

beforeAll(async () => {
  const redis = await startRedisServer();
  started.push(() => redis.stop());
  const upstash = await startUpstashServer({ socketPath: redis.socketPath, token: TOKEN, port: 0 });
  started.push(() => upstash.close());
  url = upstash.url;
  aws = await startAws('eu-central-1', CONCURRENCY);
  started.push(() => aws.stop());
  const lambda = startLambda(aws.account, aws.url);
  started.push(() => lambda.end());
  Object.assign(aws, { onInvoke: lambda.invokeLater, onInvokeNow: lambda.invoke });
  const api = await startHttpApi(aws.account, () => [...aws.account.apis.keys()][0], lambda);
  started.push(() => api.close());
  aws.account.apiUrl = api.url;
  // Nobody has more rights than docs/deploy.md asks for.
  const role = handRole(aws.account, 'dev');
  aws.account.roles.set(role.arn, role);
  operator = giveCredentials(aws.account, 'operator', role.arn);
  minute = () => fire(aws.account, lambda, 'rate(1 minute)');
  const project = copiedProject();
  started.push(() => project.remove());
  dir = project.dir;
}, 60_000);
afterEach(() => expect(aws.account.denials).toEqual([]));
afterAll(async () => {
  for (const end of started.reverse()) await end();
});

const redisEnv = () => ({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: TOKEN });

/** Runs a command as a newcomer does, in a process group that can be ended like by Ctrl-C. */
function run(
  args: string[],
  env: Record<string, string>,
  onText: (text: string, end: () => void) => void = () => {},
) {
  const { PATH = '' } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['cli/sluice.ts', ...args], {
    cwd: dir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      HOME: dir,
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: operator.accessKey,
      AWS_SECRET_ACCESS_KEY: operator.secret,
      SLS_AWS_MONITORING_FREQUENCY: '50',
      SLS_TELEMETRY_DISABLED: '1',
      ...env,
    },
  });
  let printed = '';
  const end = () => child.pid && process.kill(-child.pid, 'SIGKILL');
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      printed += text;
      onText(printed, end);
    });
  }
  return new Promise<{ code: number | null; printed: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, printed }));
  });
}

const BOUNDARY = 'arn:aws:iam::123456789012:policy/sluice-dev-boundary';
const SETUP = [
  ...['setup', '--stage', 'dev', '--plan', 'free', '--alarm-email', ''],
  ...['--set', `SLUICE_PERMISSIONS_BOUNDARY=${BOUNDARY}`],
];

test('what nobody answers is asked for by its flag, before anything is made', async () => {
  const { code, printed } = await run(SETUP, {});
  expect({ code, printed }).toMatchObject({ code: 2 });
  expect(printed).toContain('give --redis-url or UPSTASH_REDIS_REST_URL');
  expect(aws.account.secrets.size).toBe(0);
});

test('a database that will not do stops the setup, and says why', async () => {
  const { code, printed } = await run(SETUP, { ...redisEnv(), UPSTASH_REDIS_REST_TOKEN: 'wrong' });
  expect({ code, printed }).toMatchObject({ code: 1 });
  expect(printed).toMatch(/The database will not do:[\s\S]*the token is refused/);
  expect(aws.account.secrets.size).toBe(0);
});

test('interrupted at each step, it goes on where it stopped, to one produced order', async () => {
  for (const sign of ['2/6 ', '3/6 ', '4/6 ', 'Deploying sluice', 'Waiting until']) {
    const { code, printed } = await run(
      SETUP,
      redisEnv(),
      (text, end) => text.includes(sign) && end(),
    );
    expect({ code, printed }).toMatchObject({ code: null });
  }
  let isFired = false;
  const { code, printed } = await run(SETUP, {}, (text) => {
    if (isFired || !text.includes('Waiting until')) return;
    isFired = true;
    void minute();
  });
  expect({ code, printed }).toMatchObject({ code: 0 });
  expect(printed).toContain('It is produced, as number 1.');
  expect(printed).toContain(`may run ${CONCURRENCY} Lambda functions at once`);
  expect(printed).toContain('Before a sale, ask AWS for more');
  expect(printed).not.toContain(TOKEN);

  const variables = variablesOf(aws.account.secrets, 'sluice/dev');
  expect(variables).toMatchObject(redisEnv());
  const clients = JSON.parse(variables.SLUICE_API_KEYS ?? '').map(
    ({ client }: { client: string }) => client,
  );
  expect(clients).toEqual(['shop', 'ops']);
  expect(readFileSync(path.join(dir, 'stages/dev.yml'), 'utf8')).toBe(
    '# Settings of the stage dev; docs/settings.md has all of them. Commit this file.\n\n' +
      `SLUICE_PERMISSIONS_BOUNDARY: ${BOUNDARY}\nSLUICE_COMMANDS_PER_MONTH: 500000\n`,
  );
  const access = path.join(dir, '.sluice/dev.env');
  expect(statSync(access).mode & 0o777).toBe(0o600);
  const env = Object.fromEntries(
    readFileSync(access, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  const stats = await run(['stats', '--json'], env);
  expect(JSON.parse(stats.printed)).toMatchObject({ produced: 1, queued: 0 });
}, 240_000);

test('instances are warmed as far as the account allows', async () => {
  const warm = (count: number) => run(['warm', '--stage', 'dev', '--count', String(count)], {});
  const some = await warm(3);
  expect(some, some.printed).toMatchObject({ code: 0 });
  expect(some.printed).toContain('3 of 3 answered, from 3 instances of sluice-dev-submit-order.');
  const many = await warm(11);
  expect(many).toMatchObject({ code: 1 });
  expect(many.printed).toContain('--count can be 10 at most');
}, 60_000);

test('the settings of the stage are printed with where they come from', async () => {
  const { printed } = await run(['settings', '--stage', 'dev'], { SLUICE_BATCH_SIZE: '50' });
  expect(printed).toMatch(/^SLUICE_COMMANDS_PER_MONTH +500000 +stages\/dev\.yml$/m);
  expect(printed).toMatch(/^SLUICE_PERMISSIONS_BOUNDARY +arn:.+ +stages\/dev\.yml$/m);
  expect(printed).toMatch(/^SLUICE_BATCH_SIZE +50 +environment$/m);
  expect(printed).toMatch(/^SLUICE_LEASE_MS +30000 +default$/m);
});
