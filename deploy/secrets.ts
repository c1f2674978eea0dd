import { URL_TOKEN } from '../lib/webhook/settings-table.ts';
import type { Stage } from './stage.ts';

/**
 * The secrets of a stage are variables in a JSON object, kept in Secrets Manager: one secret that
 * every function reads, and a second one for what only the drain and the announcer need, so that a
 * function that the internet reaches cannot read the password of your database. Their values are in
 * no template, archive or function's configuration.
 */
export type SecretPart = 'shared' | 'downstream';

const SHARED = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'SLUICE_API_KEYS'];

const OF_PRODUCERS: Readonly<Record<string, readonly string[]>> = {
  'order-numbers': [],
  webhook: ['SLUICE_WEBHOOK_SECRETS'],
  postgres: ['DATABASE_URL'],
};

const READS_DOWNSTREAM = ['drain-queue', 'announce-events'];

/** Which of the two secrets has a variable. */
export function partOf(variable: string): SecretPart {
  return SHARED.includes(variable) ? 'shared' : 'downstream';
}

/** The name of a secret in Secrets Manager. */
export function secretName(shared: string, part: SecretPart): string {
  return part === 'shared' ? shared : `${shared}/downstream`;
}

export function sharedSecretName(stage: Stage): string {
  return stage.get('SLUICE_SECRETS_NAME') || `sluice/${stage.name}`;
}

/** The variables that the functions of a stage need, by the secret that has them. */
export function neededSecrets(stage: Stage): Readonly<Record<string, readonly string[]>> {
  const isByToken = stage.get('SLUICE_JWT_ISSUER') !== '';
  const shared = SHARED.filter((name) => !isByToken || name !== 'SLUICE_API_KEYS');
  const producer = stage.get('SLUICE_PRODUCER');
  const tokens = (['SLUICE_WEBHOOK_URL', 'SLUICE_EVENTS_URL'] as const).filter((name) =>
    stage.get(name).includes(URL_TOKEN),
  );
  const downstream = [
    ...(OF_PRODUCERS[producer] ?? stage.get('SLUICE_PRODUCER_SECRETS').split(/[\s,]+/)),
    ...(stage.get('SLUICE_EVENTS_URL') === '' ? [] : ['SLUICE_EVENTS_SECRETS']),
    ...tokens.map((name) => `${name}_TOKEN`),
  ].filter((name) => name !== '');
  const name = sharedSecretName(stage);
  return {
    [name]: shared,
    ...(downstream.length > 0 && { [secretName(name, 'downstream')]: [...new Set(downstream)] }),
  };
}

/** The secrets that a function reads. */
export function secretNames(stage: Stage, functionName: string): string[] {
  const [shared = '', downstream] = Object.keys(neededSecrets(stage));
  const isDownstream = downstream !== undefined && READS_DOWNSTREAM.includes(functionName);
  return isDownstream ? [shared, downstream] : [shared];
}
