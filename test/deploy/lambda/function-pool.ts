import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Account, giveCredentials, type LambdaFunction } from '../aws/account.ts';
import { type Instance, type Outcome, startInstance } from './instance.ts';
import { logWriter } from './logs.ts';
import { unzipTo } from './zip.ts';

/** The instances of one function, as it was deployed. */
export interface FunctionPool {
  readonly function: LambdaFunction;
  /** Of each instance that was started. */
  readonly starts: readonly Start[];
  invoke(payload: string): Promise<Outcome | { readonly kind: 'throttled' }>;
  /** Ends all instances. */
  end(): Promise<void>;
}

/** How an instance was started. */
export interface Start {
  readonly functionName: string;
  /** All of its environment but where its Runtime API is. */
  readonly env: Readonly<Record<string, string>>;
  /** Until it asked for its first event; none where it never did. */
  readonly initMs: number | undefined;
}

export function functionPool(account: Account, invoked: LambdaFunction, url: string): FunctionPool {
  const taskRoot = mkdtempSync(path.join(tmpdir(), `${invoked.name}-`));
  unzipTo(taskRoot, invoked.zip);
  const idle: Instance[] = [];
  const all = new Set<Instance>();
  const starts: Start[] = [];
  let running = 0;

  async function start() {
    const logStream = `2026/11/22/[$LATEST]${randomUUID().replaceAll('-', '')}`;
    const env = { ...invoked.variables, ...reserved(invoked, taskRoot, logStream) };
    const { accessKey, secret } = giveCredentials(account, invoked.name, invoked.roleArn);
    const keys = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secret };
    const own = { ...env, ...keys, AWS_SESSION_TOKEN: randomUUID(), AWS_ENDPOINT_URL: url };
    const onLine = logWriter(account, invoked, logStream);
    const { arn: functionArn, timeoutMs } = invoked;
    const instance = await startInstance({ env: own, functionArn, timeoutMs, onLine });
    const initMs = 'errorType' in instance ? undefined : instance.initMs;
    starts.push({ functionName: invoked.name, env: own, initMs });
    if (!('errorType' in instance)) all.add(instance);
    return instance;
  }

  async function invokeOnOne(payload: string): Promise<Outcome> {
    const instance = idle.pop() ?? (await start());
    if ('errorType' in instance) return { kind: 'failed', error: instance };
    const outcome = await instance.invoke(payload);
    if (!instance.isEnded()) idle.push(instance);
    return outcome;
  }

  return {
    function: invoked,
    starts,
    async invoke(payload) {
      if (running >= (invoked.reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
        return { kind: 'throttled' };
      }
      running += 1;
      try {
        return await invokeOnOne(payload);
      } finally {
        running -= 1;
      }
    },
    async end() {
      await Promise.all([...all].map((instance) => instance.end()));
      rmSync(taskRoot, { recursive: true, force: true });
    },
  };
}

/**
 * What Lambda itself puts into a function's environment, apart from keys and its Runtime API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
function reserved(invoked: LambdaFunction, taskRoot: string, logStream: string) {
  const [, , , region = ''] = invoked.arn.split(':');
  return {
    _HANDLER: invoked.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${invoked.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: invoked.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(invoked.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: invoked.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}
