import { randomBytes, randomUUID } from 'node:crypto';
import { entryOf } from '../../lib/http/api-keys.ts';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';
import { keepVariables } from '../support/secrets-manager.ts';
import { giveCredentials } from './aws/account.ts';
import { type Aws, startAws } from './aws/aws.ts';
import { copiedProject, slsIn } from './aws/sls.ts';
import { deployerRole } from './deployer-role.ts';
import { type HttpApi, startHttpApi } from './lambda/gateway.ts';
import { type Lambda, startLambda } from './lambda/lambda.ts';
import { startReceiver } from './receiver.ts';

const REGION = 'eu-central-1';
export const STAGE = 'test';

/** What nobody but those that it was given to may ever see. */
function plantedSecrets() {
  const keys = {
    shop: `shop-${randomUUID()}`,
    other: `other-${randomUUID()}`,
    admin: `admin-${randomUUID()}`,
  };
  const entries = [
    entryOf(keys.shop, 'shop', ['orders:write', 'orders:read']),
    entryOf(keys.other, 'other', ['orders:write', 'orders:read']),
    entryOf(keys.admin, 'ops', ['orders:admin']),
  ];
  const webhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
  return {
    keys,
    entries,
    /** Of Redis; the latest last. */
    tokens: [`token-${randomUUID()}`],
    webhook: webhookSecret(),
    events: webhookSecret(),
  };
}

export type Deployment = Awaited<ReturnType<typeof startDeployment>>;

/**
 * A Redis, a receiver and an AWS on this machine, with the secrets in its Secrets Manager, and Sluice
 * deployed there by `sls deploy`, by somebody who may do what `deploy/github-role.yml` allows and
 * nothing else. All of it, or none.
 */
export async function startDeployment() {
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startParts(started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(started: (() => Promise<void>)[]) {
  const secrets = plantedSecrets();
  const redis = await startRedisServer();
  started.push(() => redis.stop());
  const upstash = await startUpstash(redis.socketPath, secrets.tokens);
  started.push(() => upstash.stop());
  const receiver = await startReceiver({ orders: secrets.webhook, events: secrets.events });
  started.push(() => receiver.stop());
  const aws = await startAws(REGION);
  started.push(() => aws.stop());
  const project = copiedProject();
  started.push(async () => project.remove());

  const shared = {
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: secrets.tokens.join(),
    SLUICE_API_KEYS: JSON.stringify(secrets.entries),
  };
  const downstream = {
    SLUICE_WEBHOOK_SECRETS: secrets.webhook,
    SLUICE_EVENTS_SECRETS: secrets.events,
  };
  keepVariables(aws.account.secrets, `sluice/${STAGE}`, shared);
  keepVariables(aws.account.secrets, `sluice/${STAGE}/downstream`, downstream);
  const role = deployerRole(aws.account, [STAGE, 'gone']);
  aws.account.roles.set(role.arn, role);
  const deployer = giveCredentials(aws.account, 'deployer', role.arn);
  // The secrets are in the deployer's environment too, as they may be in anybody's.
  const sls = slsIn(
    project.dir,
    { aws, deployer },
    {
      ...shared,
      ...downstream,
      ...settings(receiver.url),
    },
  );
  const { code, printed } = await sls(['deploy', '--stage', STAGE]);
  if (code !== 0) throw new Error(`sls deploy failed:\n${printed}`);
  const { lambda, api } = await start(aws, started);
  return { aws, lambda, api, upstash, receiver, secrets, sls, printed };
}

function settings(receiverUrl: string) {
  return {
    SLUICE_PRODUCER: 'webhook',
    SLUICE_WEBHOOK_URL: `${receiverUrl}/orders`,
    SLUICE_WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
    SLUICE_EVENTS_URL: `${receiverUrl}/events`,
    SLUICE_EVENTS_ALLOW_PRIVATE: '127.0.0.1',
    SLUICE_PERMISSIONS_BOUNDARY: `arn:aws:iam::123456789012:policy/sluice-${STAGE}-boundary`,
  };
}

async function start(
  aws: Aws,
  started: (() => Promise<void>)[],
): Promise<{ lambda: Lambda; api: HttpApi }> {
  const lambda = startLambda(aws.account, aws.url);
  started.push(() => lambda.end());
  aws.onInvoke = lambda.invokeLater;
  const api = await startApiOf(STAGE, { aws, lambda });
  started.push(() => api.close());
  return { lambda, api };
}

/** The HTTP API that the stack of a stage has. */
export function startApiOf(
  stage: string,
  { aws, lambda }: { readonly aws: Aws; readonly lambda: Lambda },
): Promise<HttpApi> {
  const id = aws.account.stacks.get(`sluice-${stage}`)?.resources.get('HttpApi')?.physicalId;
  return startHttpApi(aws.account, () => id, lambda);
}

/** A REST server whose token can be changed, as in Upstash's console. */
async function startUpstash(socketPath: string, tokens: string[]) {
  const start = (port = 0) => startUpstashServer({ socketPath, token: tokens.at(-1) ?? '', port });
  let server = await start();
  const { url } = server;
  return {
    url,
    /** @returns the new one; the old one is refused from now on */
    async changeToken(): Promise<string> {
      const changed = `token-${randomUUID()}`;
      tokens.push(changed);
      await server.close();
      server = await start(Number(new URL(url).port));
      return changed;
    },
    stop: () => server.close(),
  };
}
