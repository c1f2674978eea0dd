import { build } from 'esbuild';
import { zipSync } from 'fflate';
import type { Account, LambdaFunction } from '../test/deploy/aws/account.ts';
import { type Deployment, startDeployment } from '../test/deploy/deployment.ts';
import { functionPool } from '../test/deploy/lambda/function-pool.ts';
import { eventOf as httpEventOf } from '../test/deploy/lambda/http-event.ts';
import { orderBody } from '../test/support/orders.ts';
import { median, rounded } from './figures.ts';

const ROUNDS = 15;

/** A function of which nothing but Lambda's loop is left. */
const EMPTY = 'export const handler = async () => null;';

/** What any function over Redis must do at least: load the client, and ask once. */
const REDIS = `
  import { Redis } from '@upstash/redis';
  const redis = new Redis({ url: process.env.URL, token: process.env.TOKEN });
  export const handler = async () => redis.get('none');`;

interface Sample {
  /** From the start of the process until it asks for its first event, ms. */
  readonly initMs: number;
  /** The first event, until it is answered, ms. */
  readonly firstMs: number;
}

/**
 * Cold starts of each function as it was deployed, out of its zip, with its secrets read from a
 * Parameter Store on this machine; beside a function that has `@upstash/redis` alone, and its token
 * in its environment.
 */
export async function coldStartZips(): Promise<string> {
  const deployment = await startDeployment();
  try {
    const { functions } = deployment.aws.account;
    const [model] = functions.values();
    if (model === undefined) throw new Error('Nothing was deployed.');
    const bare = { ...model, variables: variablesOf(deployment), handler: 'index.handler' };
    const measured: LambdaFunction[] = [
      { ...bare, name: 'empty', zip: zipOf(EMPTY) },
      { ...bare, name: 'redis', zip: zipOf(await bundled(REDIS)) },
      ...functions.values(),
    ];
    const samples = new Map<LambdaFunction, Sample[]>(measured.map((one) => [one, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [one, all] of samples) all.push(await sampleOf(one, deployment));
    }
    return report([...samples.entries()]);
  } finally {
    await deployment.stop();
  }
}

function variablesOf({ upstash, secrets }: Deployment) {
  return { NODE_OPTIONS: '--enable-source-maps', URL: upstash.url, TOKEN: secrets.tokens.join() };
}

async function sampleOf(one: LambdaFunction, { aws, secrets }: Deployment): Promise<Sample> {
  const pool = functionPool(aws.account, one, aws.url);
  try {
    const outcome = await pool.invoke(
      JSON.stringify(eventOf(aws.account, one, secrets.keys.admin)),
    );
    const [start] = pool.starts;
    if (outcome.kind !== 'answered' || start?.initMs === undefined) {
      throw new Error(`${one.name} did not answer: ${JSON.stringify(outcome)}`);
    }
    return { initMs: start.initMs, firstMs: outcome.durationMs };
  } finally {
    await pool.end();
  }
}

/** What each is asked first: an order goes in, none is found, nothing is to be done. */
function eventOf(account: Account, { name, arn }: LambdaFunction, key: string): object {
  const [api] = account.apis.values();
  const routes = [...(api?.routes.values() ?? [])];
  const route = routes.find((one) => api?.integrations.get(one.integrationId)?.functionArn === arn);
  if (api === undefined || route === undefined || name.endsWith('drain-queue')) return { slot: 0 };
  const [method = '', path = ''] = route.routeKey.split(' ');
  const order = orderBody();
  const body = path.endsWith('batch') ? { orders: [{ ...order, idempotencyKey: 'a' }] } : order;
  const request = {
    id: 'first',
    method,
    path: path.replace('{id}', `ord_${'0'.repeat(32)}`),
    query: '',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': 'a',
    },
    body: Buffer.from(path.startsWith('/orders') && method === 'POST' ? JSON.stringify(body) : ''),
  };
  return httpEventOf(account, api.id, request, {
    route,
    parameters: { id: `ord_${'0'.repeat(32)}` },
  });
}

function zipOf(code: string): Buffer {
  return Buffer.from(zipSync({ 'index.mjs': Buffer.from(code) }));
}

/** As `serverless.yml` has its functions bundled. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

function report(samples: readonly (readonly [LambdaFunction, readonly Sample[]])[]): string {
  const rows = samples.map(([{ name, zip }, all]) => ({
    name: name.replace(/^sluice-[a-z]+-/, ''),
    kilobytes: zip.length / 1024,
    initMs: median(all.map(({ initMs }) => initMs)),
    firstMs: median(all.map(({ firstMs }) => firstMs)),
  }));
  const [empty, redis] = rows;
  if (empty === undefined || redis === undefined) throw new Error('Nothing was measured.');
  // What the process itself takes is nobody's doing.
  const ownInit = (row: { initMs: number }) => row.initMs - empty.initMs;
  const total = (row: { initMs: number; firstMs: number }) => ownInit(row) + row.firstMs;
  const lines = rows
    .slice(1)
    .map((row) =>
      [
        `  ${row.name.padEnd(21)}`,
        `${rounded(row.kilobytes)} KB`.padStart(7),
        `${rounded(ownInit(row), 1)} ms`.padStart(9),
        `${rounded(row.firstMs, 1)} ms`.padStart(9),
        `${rounded(total(row), 1)} ms`.padStart(9),
        rounded(total(row) / total(redis), 2).padStart(6),
      ].join(' '),
    );
  return [
    `cold start out of the zip, ${ROUNDS} times each, in turn: zip, init less ${rounded(empty.initMs, 1)} ms of an empty`,
    'function, first event, both, and their ratio to a function with @upstash/redis alone',
    ...lines,
  ].join('\n');
}
