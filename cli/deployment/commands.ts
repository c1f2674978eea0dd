import { type Command, InvalidArgumentError, Option } from 'commander';
import { STAGE_NAME, STAGE_NAME_RULE } from '../../deploy/stage-name.ts';
import type { ApiKey } from '../../lib/http/api-keys.ts';
import type { Environment } from '../../lib/settings.ts';
import {
  KEYS_CREATE_HELP,
  KEYS_REVOKE_HELP,
  SECRETS_PUT_HELP,
  SETUP_HELP,
  WARM_HELP,
} from '../help.ts';
import { type KeysCreateFlags, keysCreateCommand } from '../keys-command.ts';
import { clientName, countTo, scopes } from '../options.ts';
import type { OutputFlags } from '../order-commands.ts';
import { PLANS } from '../setup/questions.ts';
import type { SetupFlags } from '../setup-command.ts';
import { WARM_MAX } from '../warm.ts';
import type { WarmFlags } from '../warm-command.ts';

const REGION_DEFAULT = 'eu-central-1';

/** What talks to AWS takes its time to load, so each command loads its own. */

export interface StageFlags {
  readonly stage: string;
  readonly region: string;
}

/** Lets a command take the settings of a deployment in place of those of the environment. */
export function withStage(command: Command): Command {
  return command
    .addOption(
      new Option('--stage <stage>', 'take the settings of this deployment').argParser(stageName),
    )
    .addOption(regionOption());
}

/** The environment of a command: a deployment's, where one is named. */
export async function environmentFor(flags: Partial<StageFlags>): Promise<Environment> {
  const { stage, region = REGION_DEFAULT } = flags;
  if (stage === undefined) return process.env;
  const { environmentOf } = await import('./environment.ts');
  return environmentOf(await deployment({ stage, region }), process.env);
}

export function addKeyCommands(sluice: Command): void {
  const keys = sluice
    .command('keys')
    .description('make and look after API keys')
    .helpCommand(false);
  keys
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--client <name>', 'whose key it is', clientName)
    .requiredOption('--scopes <scopes>', 'what it may do, separated by commas', scopes)
    .addOption(new Option('--stage <stage>', 'keep it in this deployment').argParser(stageName))
    .addOption(regionOption())
    .option('--json', 'print the key and its entry as JSON')
    .addHelpText('after', KEYS_CREATE_HELP)
    .action((flags: KeysCreateFlags & Partial<StageFlags>) => {
      const { stage, region = REGION_DEFAULT } = flags;
      if (stage === undefined) return keysCreateCommand(flags);
      return keysCreateCommand(flags, (entry) => keep({ stage, region }, entry));
    });

  onStage(keys.command('list').description('print who may call a deployment')).action(
    async (flags: StageFlags) => {
      const { keysListCommand } = await import('./kept-keys.ts');
      await keysListCommand(await deployment(flags));
    },
  );

  onStage(keys.command('revoke').description('take a key away from a deployment'))
    .argument('<SHA256>', 'its digest, or how that begins')
    .addHelpText('after', KEYS_REVOKE_HELP)
    .action(async (digits: string, flags: StageFlags) => {
      const { keysRevokeCommand } = await import('./kept-keys.ts');
      await keysRevokeCommand(digits, await deployment(flags));
    });
}

export function addSecretCommands(sluice: Command): void {
  const secrets = sluice
    .command('secrets')
    .description('keep the secrets of a deployment in AWS Secrets Manager')
    .helpCommand(false);

  onStage(secrets.command('put').description('store secrets, checked as the functions check them'))
    .argument('[NAME...]', 'variables; else all of them that are set')
    .option('--stdin', 'take the value of one from standard input')
    .addHelpText('after', SECRETS_PUT_HELP)
    .action(async (names: readonly string[], flags: StageFlags & { readonly stdin?: true }) => {
      const { secretsPutCommand } = await import('./secrets-command.ts');
      await secretsPutCommand(process.env, names, await deployment(flags), flags);
    });

  onStage(
    secrets.command('list').description('print which there are, without their values'),
  ).action(async (flags: StageFlags) => {
    const { secretsListCommand } = await import('./secrets-command.ts');
    await secretsListCommand(await deployment(flags));
  });
}

/** What is done with a stage as a whole. */
export function addStageCommands(sluice: Command, setExitCode: (exitCode: number) => void): void {
  onStage(sluice.command('setup').description('set a stage up, from credentials to a first order'))
    .option('--redis-url <url>', 'the REST URL of the Upstash database')
    .option('--redis-token <token>', 'its REST token; better in UPSTASH_REDIS_REST_TOKEN')
    .addOption(new Option('--plan <plan>', 'how the database is paid').choices(PLANS))
    .option('--alarm-email <address>', 'where alarms are sent; "" for nowhere')
    .option('--set <NAME=VALUE...>', 'further settings for the file of the stage')
    .addHelpText('after', SETUP_HELP)
    .action(async (flags: SetupFlags) => {
      const { setupCommand } = await import('../setup-command.ts');
      await setupCommand(flags);
    });

  onStage(sluice.command('warm').description('start instances ahead of a rush'))
    .requiredOption('--count <n>', 'how many', countTo(WARM_MAX))
    .addOption(
      new Option('--function <name>', 'of which function')
        .choices(['submit-order', 'submit-batch'])
        .default('submit-order'),
    )
    .addHelpText('after', WARM_HELP)
    .action(async (flags: WarmFlags) => {
      const { warmCommand } = await import('../warm-command.ts');
      setExitCode(await warmCommand(flags));
    });

  onStage(sluice.command('settings').description('print the settings of a stage'))
    .option('--json', 'print them as JSON')
    .action(async (flags: StageFlags & OutputFlags) => {
      const { settingsCommand } = await import('../settings-command.ts');
      settingsCommand(flags);
    });
}

function onStage(command: Command): Command {
  return command
    .addOption(
      new Option('--stage <stage>', 'of the deployment').default('dev').argParser(stageName),
    )
    .addOption(regionOption());
}

function regionOption(): Option {
  return new Option('--region <region>', 'of the deployment')
    .env('AWS_REGION')
    .default(REGION_DEFAULT);
}

export function stageName(text: string): string {
  if (STAGE_NAME.test(text)) return text;
  throw new InvalidArgumentError(`Give ${STAGE_NAME_RULE}.`);
}

async function keep(flags: StageFlags, entry: ApiKey): Promise<void> {
  const { keepKey } = await import('./kept-keys.ts');
  await keepKey(await deployment(flags), entry);
}

async function deployment(flags: StageFlags) {
  const { deploymentOf } = await import('./deployment.ts');
  return deploymentOf(flags);
}
