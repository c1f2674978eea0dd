import type { Environment } from '../../lib/settings.ts';
import { usageFailure } from '../failure.ts';
import type { Deployment } from './deployment.ts';

/**
 * The environment that the functions of a deployment have, as far as commands need it: its secrets, its
 * settings, and the prefix of its keys. The shell's own secrets do not count.
 *
 * @throws CommandFailure where it has no secrets, or they may not be read
 */
export async function environmentOf(
  { stage, region, secrets }: Deployment,
  env: Environment,
): Promise<Environment> {
  const values = await secrets.readAll();
  if (Object.keys(values).length === 0) {
    throw usageFailure(
      `The stage ${stage.name} has no secrets in ${region}. If the stage and the region are right, make\n` +
        `them: npm run sluice -- setup --stage ${stage.name}`,
    );
  }
  const SLUICE_PREFIX = stage.get('SLUICE_PREFIX') || `${stage.name}:`;
  return { ...env, ...stage.given, ...values, SLUICE_PREFIX };
}
