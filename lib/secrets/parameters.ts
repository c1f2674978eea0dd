import type { AwsRequest } from '../aws/request.ts';
import type { Clock } from '../clock.ts';
import { SecretsUnavailable } from './errors.ts';

/** Values of parameters, by their full names. */
export type Parameters = ReadonlyMap<string, string>;

export interface ParameterSource {
  readonly send: AwsRequest;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What one call takes. @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const NAMES_MAX = 10;
const SEND_MS_MAX = 1_000;
const PAUSE_MS = 100;

/**
 * Reads parameters from the SSM Parameter Store, decrypted.
 *
 * A crowd of cold starts may meet the store's limit, 40 calls a second by default, so what is
 * throttled is asked for again, with growing pauses of full jitter, as long as there is time.
 *
 * @param timeMs  what all of it may take
 * @returns those that there are: a name that is none is left out
 * @throws SecretsUnavailable
 */
export async function readParameters(
  source: ParameterSource,
  names: readonly string[],
  timeMs: number,
): Promise<Parameters> {
  const endMs = source.clock.now() + timeMs;
  const values = new Map<string, string>();
  for (let at = 0; at < names.length; at += NAMES_MAX) {
    const page = await readPage(source, names.slice(at, at + NAMES_MAX), endMs);
    for (const { Name, Value } of page) values.set(Name, Value);
  }
  return values;
}

async function readPage(
  source: ParameterSource,
  names: readonly string[],
  endMs: number,
): Promise<{ Name: string; Value: string }[]> {
  const { clock, random } = source;
  for (let sends = 1; ; sends += 1) {
    const answer = await ask(source, names, Math.min(SEND_MS_MAX, endMs - clock.now()));
    if (answer.kind === 'read') return answer.parameters;
    const pauseMs = random() * PAUSE_MS * 2 ** sends;
    if (answer.kind === 'refused' || clock.now() + pauseMs >= endMs) {
      throw new SecretsUnavailable(`The parameters could not be read (${answer.reason})`);
    }
    await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
  }
}

type Answer =
  | { readonly kind: 'read'; readonly parameters: { Name: string; Value: string }[] }
  /** Asking again may help, or not. */
  | { readonly kind: 'again' | 'refused'; readonly reason: string };

const TRANSIENT = /Throttl|TooManyRequests|InternalServerError|ServiceUnavailable/;

async function ask(
  { send }: ParameterSource,
  names: readonly string[],
  timeMs: number,
): Promise<Answer> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonSSM.GetParameters',
  };
  const body = JSON.stringify({ Names: names, WithDecryption: true });
  try {
    const response = await send('/', { headers, body }, Math.max(1, timeMs));
    const answer = JSON.parse(await response.text());
    if (response.ok) return { kind: 'read', parameters: answer.Parameters };
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
