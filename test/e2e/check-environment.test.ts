import { afterEach, expect, test, vi } from 'vitest';
import { pretendServer } from '../support/pretend-server.ts';
import { ROOT } from '../support/source-files.ts';

interface Deployment {
  /** What is in the Parameter Store, by full name; all that the functions read where it is left out. */
  readonly types?: Readonly<Record<string, string>>;
  /** What the Parameter Store answers instead. */
  readonly refusal?: { readonly status: number; readonly body: object };
  readonly stage?: string;
  /** What produces the orders of the stage that runs; none runs where it is left out. */
  readonly producer?: string;
}

/** What `sls deploy` does before anything is uploaded, in this environment. */
async function check(
  env: Record<string, string>,
  { types, refusal, stage = 'prod', producer }: Deployment = {},
) {
  const asked: string[] = [];
  const store = await pretendServer(({ body }) => {
    const { Names, WithDecryption } = JSON.parse(body);
    expect(WithDecryption).toBe(false);
    asked.push(...Names);
    const found = Names.map((Name: string) => ({
      Name,
      Type: types === undefined ? 'SecureString' : types[Name],
    }));
    const Parameters = found.filter(({ Type }: { Type?: string }) => Type !== undefined);
    return refusal ?? { status: 200, body: { Parameters } };
  });
  vi.resetModules();
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', store.url.href);
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', (await stacks(producer)).href);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { default: CheckEnvironment } = await import(`${ROOT}/deploy/check-environment.js`);
  const provider = {
    getStage: () => stage,
    naming: { getStackName: () => `sluice-${stage}` },
    getRegion: () => 'eu-central-1',
    getAwsSdkV3CredentialsProvider: () => async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
  };
  const warnings: string[] = [];
  const log = { warning: (text: string) => warnings.push(text) };
  const serverless = { getProvider: () => provider, classes: { Error } };
  const plugin = new CheckEnvironment(serverless, {}, { log });
  await plugin.hooks['before:deploy:deploy']();
  return { asked, warnings };
}

/** CloudFormation, as far as `DescribeStacks` goes, with the stack of a stage or without it. */
async function stacks(producer?: string): Promise<URL> {
  const outputs = `<member><OutputKey>Producer</OutputKey><OutputValue>${producer}</OutputValue></member>`;
  const found = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName>
    <Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const none = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
    <Message>Stack with id sluice-prod does not exist</Message></Error></ErrorResponse>`;
  const headers = { 'content-type': 'text/xml' };
  const { url } = await pretendServer(() =>
    producer === undefined
      ? { status: 400, headers, text: none }
      : { status: 200, headers, text: found },
  );
  return url;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

const WEBHOOK = {
  SLUICE_PRODUCER: 'webhook',
  SLUICE_WEBHOOK_URL: 'https://erp.example/orders',
};

test('a deployment with right settings, and without a secret among them, goes on', async () => {
  await check({});
  await check(WEBHOOK);
  await check({ SLUICE_PRODUCER: 'postgres' });
  await check({ SLUICE_PRODUCER: './examples/orders-to-folder.ts' });
  await check({ SLUICE_EVENTS_URL: 'https://shop.example/events' });
});

test('a deployment stops where a setting of the functions is wrong', async () => {
  await expect(check({ SLUICE_BATCH_SIZE: '501' })).rejects.toThrow('SLUICE_BATCH_SIZE is wrong');
});

test('a deployment stops where a setting of its producer is wrong', async () => {
  await expect(check({ ...WEBHOOK, SLUICE_WEBHOOK_URL: 'http://erp.example/' })).rejects.toThrow(
    'SLUICE_WEBHOOK_URL is wrong',
  );
});

test('a deployment stops where a setting of the announcer is wrong', async () => {
  const env = { SLUICE_EVENTS_URL: 'https://shop.example/events' };
  await expect(check({ ...env, SLUICE_EVENTS_TIMEOUT_MS: '1' })).rejects.toThrow(
    'SLUICE_EVENTS_TIMEOUT_MS is wrong',
  );
});

test('a deployment stops where secrets are missing, and says which and what to do', async () => {
  const types = {
    '/sluice/prod/UPSTASH_REDIS_REST_URL': 'SecureString',
    '/sluice/prod/UPSTASH_REDIS_REST_TOKEN': 'String',
  };
  const stopped = check(WEBHOOK, { types });
  await expect(stopped).rejects.toThrow('eu-central-1');
  await expect(stopped).rejects.toThrow(
    '- /sluice/prod/UPSTASH_REDIS_REST_TOKEN is a String and not a SecureString: ' +
      'npm run sluice -- secrets put UPSTASH_REDIS_REST_TOKEN --stage prod',
  );
  await expect(stopped).rejects.toThrow(
    '- /sluice/prod/SLUICE_WEBHOOK_SECRETS is missing: ' +
      'npm run sluice -- secrets put SLUICE_WEBHOOK_SECRETS --stage prod --region eu-central-1',
  );
  await expect(stopped).rejects.toThrow(
    '- /sluice/prod/SLUICE_API_KEYS is missing: npm run sluice -- keys create ',
  );
  await expect(stopped).rejects.not.toThrow('UPSTASH_REDIS_REST_URL');
});

test('a deployment stops where the Parameter Store cannot be reached, and says so', async () => {
  const stopped = check({ AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:1' });
  await expect(stopped).rejects.toThrow('could not be reached');
  await expect(stopped).rejects.toThrow('--region');
});

test('the secrets that are asked for are those that the functions read, and no others', async () => {
  const always = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'];
  const askedIn = async (env: Record<string, string>) => (await check(env)).asked;
  const inPath = (names: string[]) => names.map((name) => `/sluice/prod/${name}`);
  expect(await askedIn({})).toEqual(inPath([...always, 'SLUICE_API_KEYS']));
  expect(await askedIn({ SLUICE_PRODUCER: 'postgres' })).toEqual(
    inPath([...always, 'SLUICE_API_KEYS', 'DATABASE_URL']),
  );
  vi.unstubAllEnvs();
  expect(
    await askedIn({
      SLUICE_PRODUCER: './examples/orders-to-folder.ts',
      SLUICE_PRODUCER_SECRETS: 'ERP_PASSWORD, ERP_USER',
      SLUICE_SECRETS_PATH: '/shop/orders',
    }),
  ).toEqual(
    [...always, 'SLUICE_API_KEYS', 'ERP_PASSWORD', 'ERP_USER'].map(
      (name) => `/shop/orders/${name}`,
    ),
  );
  vi.unstubAllEnvs();
  expect(
    await askedIn({
      SLUICE_JWT_ISSUER: 'https://issuer.example/',
      SLUICE_JWT_AUDIENCE: 'orders',
      SLUICE_EVENTS_URL: 'https://shop.example/events',
    }),
  ).toEqual(inPath([...always, 'SLUICE_EVENTS_SECRETS']));
});

test('a deployer who may not see the parameters is told so, and goes on', async () => {
  const refusal = { status: 400, body: { __type: 'com.amazonaws.ssm#AccessDeniedException' } };
  const { warnings } = await check({}, { refusal });
  expect(warnings).toEqual([expect.stringContaining('ssm:GetParameters')]);
});

test('a deployment stops where the Parameter Store cannot be asked', async () => {
  const refusal = { status: 500, body: { __type: 'InternalServerError' } };
  await expect(check({}, { refusal })).rejects.toThrow('InternalServerError');
});

test('the announcer has a schedule where a URL is set', async () => {
  const events = async () => {
    vi.resetModules();
    return (await import(`${ROOT}/deploy/events.js`)).events;
  };
  expect(await events()).toEqual([]);
  vi.stubEnv('SLUICE_EVENTS_URL', 'https://shop.example/events');
  expect(await events()).toEqual([{ schedule: { rate: 'rate(1 minute)', enabled: true } }]);
});

test('a deployment stops that would have a stage produce its orders otherwise, unless that is meant', async () => {
  const running = { producer: 'postgres' };
  await check({ SLUICE_PRODUCER: 'postgres' }, running);
  await expect(check({ SLUICE_PRODUCER: '' }, running)).rejects.toThrow(
    'produces its orders by postgres, and would by order-numbers',
  );
  await check({ SLUICE_PRODUCER: '', SLUICE_CHANGE_PRODUCER: 'on' }, running);
});
