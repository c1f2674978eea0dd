import type { Clock } from '../clock.ts';
import { ConfigError, type Environment } from '../settings.ts';

/** The environment of a function, with its secrets in it, wherever they are kept. */
export interface Secrets {
  /**
   * As it was at most `KEPT_MS` ago; the same object for as long as nothing has changed.
   *
   * @throws SecretsUnavailable, ConfigError naming each parameter that there is not
   */
  current(): Promise<Environment>;
  /**
   * Read anew, as something was refused with what is known; but not time after time.
   *
   * @throws as `current`
   */
  renewed(): Promise<Environment>;
}

export interface SecretsSource {
  /** Answers with the values by name, and leaves out what there is not. */
  readonly read: (names: readonly string[], timeMs: number) => Promise<ReadonlyMap<string, string>>;
  readonly clock: Clock;
}

/** After this a revoked key works nowhere any more: what could not be read anew by then is none. */
export const KEPT_MS = 5 * 60_000;
/** From here on it is read anew, so that a store that stumbles for a minute is not felt. */
const FRESH_MS = 4 * 60_000;
/** What a reading may take that somebody must wait for, and one that is ahead of its time. */
const READ_MS = 2_500;
const READ_AHEAD_MS = 500;
/** After a reading ahead of its time that failed, or one that was made as something was refused. */
const PAUSE_MS = 10_000;

/**
 * Takes the parameters that `SLUICE_SECRETS` names, separated by commas, into the environment, each
 * as the variable that the last part of its name is: `/sluice/prod/SLUICE_API_KEYS`. Where it names
 * none, as on one's own machine, the environment has the secrets itself.
 */
export function secretsOf(env: Environment, { read, clock }: SecretsSource): Secrets {
  const names = (env.SLUICE_SECRETS ?? '').split(',').filter((name) => name !== '');
  let known: { readonly env: Environment; readonly atMs: number } | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  async function readAnew(timeMs: number): Promise<Environment> {
    // Counted from before it was asked: what is read can only be newer.
    const atMs = clock.now();
    const values = await read(names, timeMs);
    const found = environmentWith(env, names, values);
    known = { env: known && isSame(known.env, found) ? known.env : found, atMs };
    return known.env;
  }

  /** A clock that was set back makes everything old. */
  function sinceMs(atMs: number): number {
    const ms = clock.now() - atMs;
    return ms < 0 ? Number.POSITIVE_INFINITY : ms;
  }

  const hasPaused = () => sinceMs(triedAtMs) >= PAUSE_MS;

  return {
    async current() {
      if (names.length === 0) return env;
      if (known === undefined || sinceMs(known.atMs) >= KEPT_MS) return readAnew(READ_MS);
      if (sinceMs(known.atMs) < FRESH_MS || !hasPaused()) return known.env;
      const { env: stillKnown } = known;
      return readAnew(READ_AHEAD_MS).catch(() => {
        triedAtMs = clock.now();
        return stillKnown;
      });
    },

    async renewed() {
      if (names.length === 0) return env;
      if (known !== undefined && !hasPaused()) return known.env;
      triedAtMs = clock.now();
      return readAnew(READ_MS);
    },
  };
}

function environmentWith(
  env: Environment,
  names: readonly string[],
  values: ReadonlyMap<string, string>,
): Environment {
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) {
    throw new ConfigError(`There are no such parameters.\n- ${missing.join('\n- ')}`);
  }
  const entries = names.map((name) => [name.split('/').at(-1) ?? name, values.get(name)]);
  return { ...env, ...Object.fromEntries(entries) };
}

function isSame(one: Environment, other: Environment): boolean {
  return Object.keys(other).every((name) => one[name] === other[name]);
}
