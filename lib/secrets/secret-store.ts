import type { AwsRequest } from '../aws/request.ts';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../settings.ts';
import { SecretsUnavailable } from './errors.ts';

/** The variables that secrets hold, by name. */
export type Variables = Readonly<Record<string, string>>;

export interface SecretSource {
  readonly send: AwsRequest;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

const SEND_MS_MAX = 1_000;
const PAUSE_MS = 100;

/**
 * Reads secrets from Secrets Manager, each a JSON object of variables.
 *
 * Secrets Manager allows 10,000 reads per second, so that a thousand instances may start at once; the
 * Parameter Store allows 40. What is throttled all the same is asked for again, with growing pauses of
 * full jitter, while there is time.
 *
 * @param timeMs  for all of it
 * @throws SecretsUnavailable; ConfigError for a secret that does not exist or holds something else
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export async function readSecrets(
  source: SecretSource,
  names: readonly string[],
  timeMs: number,
): Promise<Variables> {
  const endMs = source.clock.now() + timeMs;
  const read = await Promise.all(names.map((name) => readSecret(source, name, endMs)));
  return Object.assign({}, ...read);
}

async function readSecret(source: SecretSource, name: string, endMs: number): Promise<Variables> {
  const { clock, random } = source;
  for (let sends = 1; ; sends += 1) {
    const answer = await ask(source, name, Math.min(SEND_MS_MAX, endMs - clock.now()));
    if (answer.kind === 'read') return variablesIn(name, answer.text);
    if (answer.reason === 'ResourceNotFoundException') throw missing(name);
    const pauseMs = random() * PAUSE_MS * 2 ** sends;
    if (answer.kind === 'refused' || clock.now() + pauseMs >= endMs) {
      const why = answer.kind === 'refused' ? 'refused' : 'unreachable';
      throw new SecretsUnavailable(`The secret could not be read (${answer.reason})`, why);
    }
    await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
  }
}

type Answer =
  | { readonly kind: 'read'; readonly text: string }
  /** Asking again may help, or not. */
  | { readonly kind: 'again' | 'refused'; readonly reason: string };

const TRANSIENT = /Throttl|TooManyRequests|LimitExceeded|InternalServ|ServiceUnavailable/;

async function ask({ send }: SecretSource, name: string, timeMs: number): Promise<Answer> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.GetSecretValue',
  };
  const body = JSON.stringify({ SecretId: name });
  try {
    const response = await send('/', { headers, body }, Math.max(1, timeMs));
    const answer = JSON.parse(await response.text());
    if (response.ok) return { kind: 'read', text: String(answer.SecretString) };
    const reason = errorCode(answer.__type) ?? `status ${response.status}`;
    const isTransient = response.status >= 500 || TRANSIENT.test(reason);
    return { kind: isTransient ? 'again' : 'refused', reason };
  } catch (error) {
    return { kind: 'again', reason: error instanceof Error ? error.name : 'unknown' };
  }
}

/** The code alone: a message may name what is asked for. */
function errorCode(type: unknown): string | undefined {
  return typeof type === 'string' ? /\w+$/.exec(type)?.[0] : undefined;
}

function missing(name: string): ConfigError {
  return new ConfigError(
    `There is no secret ${name} in Secrets Manager: run npm run sluice -- secrets put`,
  );
}

function variablesIn(name: string, text: string): Variables {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    if (isObject && Object.values(parsed).every((value) => typeof value === 'string')) {
      return parsed as Variables;
    }
  } catch {
    // Told below: what stands there must not be.
  }
  throw new ConfigError(`The secret ${name} must be a JSON object of strings.`);
}
