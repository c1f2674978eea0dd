import type { Deployed } from './outputs.ts';
import type { SecretStore } from './secret-store.ts';

/** A deployment or a rollback must not go on; the message says why and what to do. */
export class DeploymentFault extends Error {
  override readonly name = 'DeploymentFault';
}

export interface StageAddress {
  readonly stage: string;
  readonly region: string;
}

/** One line for each setting that would change. */
export function changesBetween(now: Deployed, next: Deployed): string[] {
  const names = new Set([...Object.keys(now.settings), ...Object.keys(next.settings)]);
  return [...names].sort().flatMap((name) => {
    const [from, to] = [now.settings[name], next.settings[name]];
    return from === to ? [] : [`${name}: ${from ?? '(default)'} -> ${to ?? '(default)'}`];
  });
}

/**
 * Stops a change of the producer that nobody asked for: orders would be numbered and counted as produced
 * without the downstream system ever seeing them.
 *
 * @throws DeploymentFault
 */
export function checkProducer(
  now: Deployed | undefined,
  next: Deployed,
  { isConfirmed, stage }: { readonly isConfirmed: boolean; readonly stage: string },
): void {
  if (now === undefined || isConfirmed || now.producer === next.producer) return;
  throw new DeploymentFault(
    `This would change the producer of the stage ${stage} from ${now.producer} to ${next.producer}.\n` +
      `Set SLUICE_PRODUCER to ${now.producer} in stages/${stage}.yml; or, if you mean to change it, run ` +
      'this once with SLUICE_CHANGE_PRODUCER=on.',
  );
}

/**
 * Stops a deployment whose functions would not find their secrets. Their values are not read: whoever
 * deploys need not be someone who may know them.
 *
 * @returns warnings
 * @throws DeploymentFault naming every variable that is missing, and what to do
 */
export async function checkSecrets(
  store: Pick<SecretStore, 'describe'>,
  { secrets }: Pick<Deployed, 'secrets'>,
  { stage, region }: StageAddress,
): Promise<string[]> {
  const where = `--stage ${stage} --region ${region}`;
  const missing: string[] = [];
  const warnings: string[] = [];
  for (const [secret, variables] of Object.entries(secrets)) {
    const found = await describe(store, secret, region);
    if (found === 'not allowed') {
      return [
        'The secrets were not checked: these credentials may not call secretsmanager:DescribeSecret.',
      ];
    }
    if (found !== undefined && found.names === undefined) {
      warnings.push(
        `The content of the secret ${secret} was not checked: \`sluice secrets put\` did not write it.`,
      );
      continue;
    }
    const lacks = variables.filter((name) => !found?.names?.includes(name));
    missing.push(...lacks.map((name) => `- ${name} in ${secret}: ${commandFor(name)} ${where}`));
  }
  if (missing.length === 0) return warnings;
  throw new DeploymentFault(
    `Secrets are missing in Secrets Manager in ${region}.\n${missing.join('\n')}`,
  );
}

async function describe(store: Pick<SecretStore, 'describe'>, secret: string, region: string) {
  try {
    return await store.describe(secret);
  } catch (error) {
    const { name, message } = error as Error;
    if (/AccessDenied/.test(name)) return 'not allowed' as const;
    throw new DeploymentFault(
      `Secrets Manager in ${region} cannot be reached (${name}): ${message}\n` +
        'Check --region or AWS_REGION, the credentials, and whether this machine is online.',
    );
  }
}

/** Keys are made, not put: nobody has their digests at hand. */
function commandFor(variable: string): string {
  if (variable === 'SLUICE_API_KEYS') return 'npm run sluice -- keys create --client … --scopes …';
  return `npm run sluice -- secrets put ${variable}`;
}
