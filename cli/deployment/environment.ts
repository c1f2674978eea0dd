import type { Environment } from '../../lib/settings.ts';
import { usageFailure } from '../failure.ts';
import { type Deployment, parameterStore } from './parameters.ts';
import { KNOWN_SECRETS } from './secret-values.ts';

/**
 * The environment that the functions of a deployment have, as far as commands need it: its secrets, and
 * the prefix of its keys.
 *
 * @throws Failure where it has no secrets, or they may not be read
 */
export async function environmentOf(
  deployment: Deployment,
  env: Environment,
): Promise<Environment> {
  const secrets = await parameterStore(deployment).readAll(KNOWN_SECRETS);
  if (secrets.size === 0) {
    throw usageFailure(
      `There are no secrets under ${deployment.path} in ${deployment.region}. If the stage and the region are right,\n` +
        `put them there: npm run sluice -- secrets put --stage ${deployment.stage}`,
    );
  }
  const SLUICE_PREFIX = env.SLUICE_PREFIX || `${deployment.stage}:`;
  return { ...env, ...Object.fromEntries(secrets), SLUICE_PREFIX };
}
