import type { CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import { readConfig } from '../lib/config.ts';
import { readEventSettings } from '../lib/events/event-settings.ts';
import { ConfigError, type Environment } from '../lib/settings.ts';
import { producerFile } from './bundle.ts';
import { deployedStack, earlierDeployment } from './deployed.ts';
import type { Serverless } from './functions-plugin.ts';
import { type Deployed, deployedAs } from './outputs.ts';
import { changesBetween, checkProducer, checkSecrets, DeploymentFault } from './questions.ts';
import { concurrencyOf, reservationFor } from './reservation.ts';
import { secretStore } from './secret-store.ts';
import { readStage, type Stage } from './stage.ts';

interface Provider {
  getStage(): string;
  getRegion(): string;
  readonly naming: { getStackName(): string };
  getAwsSdkV3Config(): Promise<CloudFormationClientConfig>;
}

interface DeployingServerless extends Serverless {
  readonly processedInput: { readonly commands: readonly string[] };
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  getProvider(name: 'aws'): Provider;
}

interface Log {
  warning(text: string): void;
  notice(text: string): void;
}

interface Options {
  readonly timestamp?: string;
}

/**
 * Asks everything that could stop `sls deploy` and `sls rollback` before anything is uploaded: whether
 * the settings are right, the secrets are there, the producer stays the same, and the account has room
 * for the drain. Says which settings change.
 */
export default class DeploymentPlugin {
  readonly hooks: Record<string, () => Promise<void>>;

  constructor(serverless: DeployingServerless, options: Options, { log }: { log: Log }) {
    const [command = ''] = serverless.processedInput.commands;
    const isDeployment = serverless.processedInput.commands.length === 1;
    this.hooks = {
      initialize: async () => {
        if (!isDeployment) return;
        if (command === 'deploy') await asking(serverless, () => beforeDeploy(serverless, log));
        if (command === 'rollback' && options.timestamp !== undefined) {
          const { timestamp } = options;
          await asking(serverless, () => beforeRollback(serverless, { log, timestamp }));
        }
      },
    };
  }
}

async function asking({ classes }: DeployingServerless, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof DeploymentFault || error instanceof ConfigError)) throw error;
    // Of any other kind of error osls would print the stack as well.
    throw new classes.Error(error.message, 'SLUICE_IS_NOT_SET_UP');
  }
}

async function beforeDeploy(serverless: DeployingServerless, log: Log): Promise<void> {
  const { stage, provider, config } = await placeOf(serverless);
  await checkSettings(stage);
  const now = await deployed(config, provider, log);
  await ask({ stage, now, next: deployedAs(stage), config, provider, log });
  const drain = `sluice-${stage.name}-drain-queue`;
  const reservation = reservationFor(stage, await concurrencyOf(config, drain));
  if (reservation.kind === 'impossible') throw new DeploymentFault(reservation.fault);
  if (reservation.kind === 'reserved') return;
  const drainQueue = serverless.service.functions['drain-queue'];
  if (drainQueue !== undefined) drainQueue.reservedConcurrency = null;
  if (reservation.warning !== '') log.warning(reservation.warning);
}

async function beforeRollback(
  serverless: DeployingServerless,
  { log, timestamp }: { readonly log: Log; readonly timestamp: string },
): Promise<void> {
  const { stage, provider, config } = await placeOf(serverless);
  const stackName = provider.naming.getStackName();
  const next = await earlierDeployment(config, { stage: stage.name, stackName, timestamp });
  const now = await deployed(config, provider, log);
  if (next !== undefined) await ask({ stage, now, next, config, provider, log });
}

async function placeOf(serverless: DeployingServerless) {
  const provider = serverless.getProvider('aws');
  const stage = readStage(provider.getStage(), { env: process.env, dir: serverless.serviceDir });
  return { stage, provider, config: await provider.getAwsSdkV3Config() };
}

interface Asked {
  readonly stage: Stage;
  readonly now: Deployed | undefined;
  readonly next: Deployed;
  readonly config: CloudFormationClientConfig;
  readonly provider: Provider;
  readonly log: Log;
}

async function ask({ stage, now, next, config, provider, log }: Asked): Promise<void> {
  const isConfirmed = stage.get('SLUICE_CHANGE_PRODUCER') === 'on';
  checkProducer(now, next, { isConfirmed, stage: stage.name });
  const place = { stage: stage.name, region: provider.getRegion() };
  const warnings = await checkSecrets(secretStore(config as object), next, place);
  for (const warning of warnings) log.warning(warning);
  if (now === undefined) return;
  const changes = changesBetween(now, next);
  log.notice(
    changes.length === 0
      ? 'No setting changes.'
      : `Settings that change:\n${changes.map((line) => `  ${line}`).join('\n')}`,
  );
}

async function deployed(
  config: CloudFormationClientConfig,
  provider: Provider,
  log: Log,
): Promise<Deployed | undefined> {
  try {
    return await deployedStack(config, provider.naming.getStackName());
  } catch (error) {
    const { name, message } = error as Error;
    if (!/AccessDenied/.test(name)) {
      throw new DeploymentFault(`The stage that runs could not be looked at (${name}): ${message}`);
    }
    log.warning(`What changes was not checked, nor whether the producer stays: ${message}`);
    return undefined;
  }
}

/** Right values in the place of secrets, which were checked when they were put. */
const STAND_INS: Environment = {
  SLUICE_EVENTS_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
  SLUICE_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
  DATABASE_URL: 'postgres://user:password@localhost/orders',
};

/** @throws ConfigError where the functions would fail at their cold start */
async function checkSettings(stage: Stage): Promise<void> {
  const env = { ...stage.given, ...STAND_INS };
  const { isAnnounced } = readConfig(env, { redis: false, apiKeys: false });
  if (isAnnounced) readEventSettings(env);
  const file = producerFile(stage);
  // A file of your own may be one that only a bundler can read.
  if (!file.startsWith('./lib/')) return;
  const { readProducerSettings } = await import(new URL(`../${file}`, import.meta.url).href);
  readProducerSettings?.(env);
}
