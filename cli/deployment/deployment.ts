import { fileURLToPath } from 'node:url';
import { type SecretStore, secretStore } from '../../deploy/secret-store.ts';
import { partOf, secretName, sharedSecretName } from '../../deploy/secrets.ts';
import { readStage, type Stage, StageFault } from '../../deploy/stage.ts';
import type { Environment } from '../../lib/settings.ts';
import { usageFailure } from '../failure.ts';
import { told } from './aws-faults.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A stage in a region of an account: that of the credentials that the AWS SDK finds on this machine. */
export interface Deployment {
  readonly stage: Stage;
  readonly region: string;
  readonly secrets: StageSecrets;
}

/** The secrets of a deployment, as variables; which of its two secrets has one is not the caller's concern. */
export interface StageSecrets {
  /** Where a variable is kept: `sluice/prod`. */
  nameOf(variable: string): string;
  readAll(): Promise<Readonly<Record<string, string>>>;
  /** Names of the variables that there are, and when their secret was changed. */
  list(): Promise<readonly { readonly name: string; readonly changedAt: Date | undefined }[]>;
  put(values: Readonly<Record<string, string>>): Promise<void>;
  /** Changes one variable; what others change meanwhile is kept. */
  change(variable: string, change: (value: string | undefined) => string): Promise<void>;
}

/**
 * @throws CommandFailure where the settings of the stage are wrong
 */
export function deploymentOf(
  { stage: name, region }: { readonly stage: string; readonly region: string },
  env: Environment = process.env,
): Deployment {
  const stage = settingsOf(name, env);
  const store = secretStore({
    region,
    kmsKey: stage.get('SLUICE_KMS_KEY_ARN'),
    tags: { Project: 'sluice', Stage: name },
  });
  return { stage, region, secrets: secretsIn(store, sharedSecretName(stage)) };
}

export function settingsOf(name: string, env: Environment): Stage {
  try {
    return readStage(name, { env, dir: ROOT });
  } catch (error) {
    if (error instanceof StageFault) throw usageFailure(error.message);
    throw error;
  }
}

function secretsIn(store: SecretStore, shared: string): StageSecrets {
  const names = [shared, secretName(shared, 'downstream')];
  const nameOf = (variable: string) => secretName(shared, partOf(variable));
  return {
    nameOf,

    async readAll() {
      const found = await told(Promise.all(names.map((name) => store.read(name))));
      return Object.assign({}, ...found.map((secret) => secret?.values));
    },

    async list() {
      const found = await told(Promise.all(names.map((name) => store.describe(name))));
      return found.flatMap((secret) =>
        (secret?.names ?? []).map((name) => ({ name, changedAt: secret?.changedAt })),
      );
    },

    async put(values) {
      for (const name of names) {
        const mine = Object.entries(values).filter(([variable]) => nameOf(variable) === name);
        if (mine.length === 0) continue;
        await told(store.change(name, (now) => ({ ...now, ...Object.fromEntries(mine) })));
      }
    },

    async change(variable, change) {
      await told(
        store.change(nameOf(variable), (now) => ({ ...now, [variable]: change(now[variable]) })),
      );
    },
  };
}
