import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { outputsOfStack } from '../../deploy/deployed.ts';
import { concurrencyOf, reservationFor } from '../../deploy/reservation.ts';
import { createClient } from '../../lib/client/client.ts';
import { Unauthorized } from '../../lib/client/errors.ts';
import type { Scope } from '../../lib/contract/scopes.ts';
import { entryOf } from '../../lib/http/api-keys.ts';
import type { Environment } from '../../lib/settings.ts';
import { told } from '../deployment/aws-faults.ts';
import { type Deployment, ROOT } from '../deployment/deployment.ts';
import { keepKey, keptKeys } from '../deployment/kept-keys.ts';
import { checkSecret } from '../deployment/secret-values.ts';
import { examine } from '../doctor/examine.ts';
import { doctorReport, isWrong } from '../doctor/report.ts';
import { CommandFailure } from '../failure.ts';
import { newKey } from '../keys-command.ts';
import { accessFile } from './access-file.ts';
import type { Asker } from './questions.ts';

/** What the steps of a setup share. */
export interface Setup {
  readonly deployment: Deployment;
  readonly ask: Asker;
  readonly say: (line: string) => void;
}

/** The account: whose it is, whether it can be asked, and how many functions it may run at once. */
export async function checkAccount({ deployment, say }: Setup): Promise<void> {
  const { region, stage, secrets } = deployment;
  const sts = new STSClient({ region });
  const { Account, Arn } = await told(sts.send(new GetCallerIdentityCommand({})));
  say(`Account ${Account} in ${region}, as ${Arn}.`);
  await secrets.list();
  await told(outputsOfStack({ region }, `sluice-${stage.name}`));
  const account = await told(concurrencyOf({ region }, `sluice-${stage.name}-drain-queue`));
  const reservation = reservationFor(stage, account);
  if (reservation.kind === 'reserved' && account !== undefined) {
    say(`It may run ${account.quota} Lambda functions at once.`);
  }
  if (reservation.kind === 'none' && reservation.warning !== '') say(reservation.warning);
  if (reservation.kind === 'impossible') throw new CommandFailure(reservation.fault);
}

export interface RedisAccess {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
}

/** The database's address and token: from a flag, an earlier run or the environment, or asked for. */
export async function findDatabase(
  { deployment, ask }: Setup,
  given: { readonly redisUrl?: string; readonly redisToken?: string },
  env: Environment = process.env,
): Promise<RedisAccess> {
  const kept = await deployment.secrets.readAll();
  const database = {
    UPSTASH_REDIS_REST_URL:
      given.redisUrl ??
      kept.UPSTASH_REDIS_REST_URL ??
      (env.UPSTASH_REDIS_REST_URL || undefined) ??
      (await ask.text({
        message: 'The REST URL of your Upstash database (console.upstash.com, "REST API"):',
        flag: '--redis-url or UPSTASH_REDIS_REST_URL',
      })),
    UPSTASH_REDIS_REST_TOKEN:
      given.redisToken ??
      kept.UPSTASH_REDIS_REST_TOKEN ??
      (env.UPSTASH_REDIS_REST_TOKEN || undefined) ??
      (await ask.secret({
        message: 'Its REST token:',
        flag: '--redis-token or UPSTASH_REDIS_REST_TOKEN',
      })),
  };
  for (const [name, value] of Object.entries(database)) checkSecret(name, value);
  return database;
}

/** Whether the database can be reached, does what Sluice needs, and evicts nothing. */
export async function checkDatabase({ say }: Setup, database: RedisAccess): Promise<void> {
  const parts = await examine({ env: { ...database }, isConformanceOnly: true });
  if (isWrong(parts)) {
    throw new CommandFailure(`The database will not do:\n\n${doctorReport(parts)}`);
  }
  const seen = parts.flatMap(({ findings }) => findings);
  for (const { kind, name, found, fix } of seen) {
    if (kind === 'warning' || kind === 'unknown') say(`${name}: ${found}. ${fix ?? ''}`);
  }
  say(
    `It does what Sluice needs: ${seen.filter(({ kind }) => kind === 'ok').length} checks are ok.`,
  );
}

export async function storeDatabase(
  { deployment, say }: Setup,
  database: RedisAccess,
): Promise<void> {
  const { secrets } = deployment;
  const kept = await secrets.readAll();
  const isKept = Object.entries(database).every(([name, value]) => kept[name] === value);
  if (!isKept) await secrets.put({ ...database });
  say(`Its address and token are in the secret ${secrets.nameOf('UPSTASH_REDIS_REST_URL')}.`);
}

const KEYS: readonly { name: 'SLUICE_KEY' | 'SLUICE_SHOP_KEY'; client: string; scopes: Scope[] }[] =
  [
    { name: 'SLUICE_SHOP_KEY', client: 'shop', scopes: ['orders:write', 'orders:read'] },
    { name: 'SLUICE_KEY', client: 'ops', scopes: ['orders:admin'] },
  ];

/** Two keys, written down before they are stored: an interrupted run goes on with the same ones. */
export async function makeKeys({ deployment, say }: Setup): Promise<void> {
  const file = accessFile(ROOT, deployment.stage.name);
  for (const { name, client, scopes } of KEYS) {
    const key = file.read()[name] ?? newKey();
    file.add({ [name]: key });
    const entry = entryOf(key, client, scopes);
    const kept = await keptKeys(deployment);
    if (!kept.some(({ sha256 }) => sha256 === entry.sha256)) await keepKey(deployment, entry);
  }
  say(`The keys of the clients shop and ops are in ${file.name}, which git ignores.`);
}

/** Runs `sls deploy`, whose output is shown. */
export async function deploy({ deployment }: Setup): Promise<void> {
  const { stage, region } = deployment;
  const args = ['deploy', '--stage', stage.name, '--region', region];
  const child = spawn(process.execPath, ['node_modules/.bin/sls', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code === 0) return;
  throw new CommandFailure(
    'The deployment failed; its last lines above say why. Correct that and run the same command again:\n' +
      'it goes on from here.',
  );
}

export async function findApi({ deployment, say }: Setup): Promise<string> {
  const { stage, region } = deployment;
  const { ApiUrl } = await told(outputsOfStack({ region }, `sluice-${stage.name}`));
  if (ApiUrl === undefined)
    throw new CommandFailure('The stack has no output ApiUrl: deploy it again.');
  accessFile(ROOT, stage.name).add({ SLUICE_URL: ApiUrl });
  say(`The API is at ${ApiUrl}.`);
  return ApiUrl;
}

/** Functions that run already take a new key within five minutes. */
const KEY_KNOWN_MS_MAX = 6 * 60_000;
const PAUSE_MS = 10_000;

async function onceKnown<T>(call: () => Promise<T>, say: Setup['say']): Promise<T> {
  const endMs = Date.now() + KEY_KNOWN_MS_MAX;
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unauthorized) || Date.now() > endMs) throw error;
      if (tries === 1)
        say('Functions that run do not know the key yet: within five minutes they do.');
      await sleep(PAUSE_MS);
    }
  }
}

const PRODUCED_MS_MAX = 4 * 60_000;
/** A deployment takes some seconds until every key and route is known everywhere. */
const CALL_MS_MAX = 60_000;

/** Submits one order, the same one at each run, and waits for the schedule to produce it. */
export async function produceFirstOrder({ deployment, say }: Setup, url: string): Promise<void> {
  const { stage } = deployment;
  const { SLUICE_SHOP_KEY: key = '' } = accessFile(ROOT, stage.name).read();
  const client = createClient({ url: new URL(url), key, timeoutMs: CALL_MS_MAX });
  const lines = [{ sku: '85123A', quantity: 6, unitAmount: 255 }];
  const order = { customer: 'setup', currency: 'GBP', lines };
  const idempotencyKey = `setup-${stage.name}`;
  const { receipt } = await onceKnown(() => client.submit(order, { idempotencyKey }), say);
  say(`Order ${receipt.id} is accepted. Waiting until it is produced, a minute or two …`);
  const waited = await client.waitUntilProduced(receipt.id, { timeoutMs: PRODUCED_MS_MAX });
  if (waited.kind === 'produced') {
    say(`It is produced, as number ${waited.order.orderNumber ?? '-'}.`);
    return;
  }
  const why = waited.order.lastError?.reason;
  throw new CommandFailure(
    `The order is not produced (${waited.order.status}${why ? `: ${why}` : ''}). Run\n` +
      `  npm run sluice -- doctor --stage ${stage.name}\nand look at the log of drain-queue.`,
  );
}
