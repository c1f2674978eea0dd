import type { Serverless } from '../deploy/functions-plugin.ts';
import { neededSecrets, secretNames } from '../deploy/secrets.ts';
import { readStage } from '../deploy/stage.ts';
import { guardServers } from './emulation-guard.ts';

/**
 * On your own machine there is no Secrets Manager: before serverless-offline starts the functions, each
 * gets the secrets that it would read there from the environment of the emulation. Nothing of this
 * happens when packaging, so no secret can reach what is deployed. What is no part of the stack may not call it.
 */
export default class OfflinePlugin {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless) {
    const { SLUICE_PASS } = process.env;
    if (SLUICE_PASS) guardServers(SLUICE_PASS);
    const take = () => takeSecrets(serverless);
    this.hooks = { 'before:offline:start': take, 'before:offline:start:init': take };
  }
}

function takeSecrets({ service, serviceDir }: Serverless): void {
  const stage = readStage(service.provider.stage, { env: process.env, dir: serviceDir });
  const needed = neededSecrets(stage);
  for (const [name, entry] of Object.entries(service.functions)) {
    const { SLUICE_SECRETS: _, ...rest } = entry.environment ?? {};
    const variables = secretNames(stage, name).flatMap((secret) => needed[secret] ?? []);
    const values = variables.map((variable) => [variable, process.env[variable] ?? '']);
    const prefix = { SLUICE_PREFIX: process.env.SLUICE_PREFIX ?? '' };
    entry.environment = { ...rest, ...prefix, ...Object.fromEntries(values) };
  }
}
