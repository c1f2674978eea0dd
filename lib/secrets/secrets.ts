import type { Clock } from '../clock.ts';
import type { Environment } from '../settings.ts';
import { SecretsUnavailable } from './errors.ts';
import type { Variables } from './secret-store.ts';

/** The environment of a function, with its secrets in it, wherever they are kept. */
export interface Secrets {
  /**
   * At most `KEPT_MS` old, unless the store cannot be reached; the same object for as long as nothing
   * has changed.
   *
   * @throws SecretsUnavailable, ConfigError
   */
  current(): Promise<Environment>;
  /**
   * Read again because something was refused with what is known; but not time after time.
   *
   * @throws as `current`
   */
  renewed(): Promise<Environment>;
}

export interface SecretsSource {
  /** Returns the variables that the secrets of these names hold. */
  readonly read: (names: readonly string[], timeMs: number) => Promise<Variables>;
  readonly clock: Clock;
}

/**
 * A revoked key stops working everywhere within this time, except while the store cannot be reached:
 * what is known then stays in use, since refusing every order would be worse.
 */
export const KEPT_MS = 5 * 60_000;
/** From here on it is read again, so that nobody has to wait for it at `KEPT_MS`. */
const FRESH_MS = 4 * 60_000;
/** Limit of a read without which nothing can be done, of one that is due, and of one ahead of that. */
const READ_MS = 2_500;
const READ_DUE_MS = 1_000;
const READ_AHEAD_MS = 500;
/** Between two attempts, when one failed or was made because something was refused. */
const PAUSE_MS = 10_000;

/**
 * Takes the variables of the secrets that `SLUICE_SECRETS` names, separated by commas, into the
 * environment. Where it names none, as on your own machine, the environment has the secrets itself.
 */
export function secretsOf(env: Environment, { read, clock }: SecretsSource): Secrets {
  const names = (env.SLUICE_SECRETS ?? '').split(',').filter((name) => name !== '');
  let known: { readonly env: Environment; readonly atMs: number } | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  async function readAgain(timeMs: number): Promise<Environment> {
    // Counted from before the read: what it returns can only be newer.
    const atMs = clock.now();
    triedAtMs = atMs;
    const found = { ...env, ...(await read(names, timeMs)) };
    known = { env: known && isSame(known.env, found) ? known.env : found, atMs };
    triedAtMs = Number.NEGATIVE_INFINITY;
    return known.env;
  }

  /** A clock that was set back makes everything old. */
  function sinceMs(atMs: number): number {
    const ms = clock.now() - atMs;
    return ms < 0 ? Number.POSITIVE_INFINITY : ms;
  }

  const hasPaused = () => sinceMs(triedAtMs) >= PAUSE_MS;

  async function refreshed(kept: { readonly env: Environment; readonly atMs: number }) {
    const isDue = sinceMs(kept.atMs) >= KEPT_MS;
    try {
      return await readAgain(isDue ? READ_DUE_MS : READ_AHEAD_MS);
    } catch (error) {
      const isUnreachable = error instanceof SecretsUnavailable && error.why === 'unreachable';
      if (isUnreachable || !isDue) return kept.env;
      // The store has answered, and these secrets are no longer ours: not even known ones are used.
      known = undefined;
      throw error;
    }
  }

  return {
    async current() {
      if (names.length === 0) return env;
      if (known === undefined) return readAgain(READ_MS);
      if (sinceMs(known.atMs) < FRESH_MS) return known.env;
      // A pause that began before they were due does not make them last longer.
      const mayPause = sinceMs(known.atMs) < KEPT_MS || triedAtMs - known.atMs >= KEPT_MS;
      return mayPause && !hasPaused() ? known.env : refreshed(known);
    },

    async renewed() {
      if (names.length === 0) return env;
      if (known !== undefined && !hasPaused()) return known.env;
      const found = await readAgain(READ_MS);
      triedAtMs = clock.now();
      return found;
    },
  };
}

function isSame(one: Environment, other: Environment): boolean {
  const names = Object.keys(other);
  return (
    names.length === Object.keys(one).length && names.every((name) => one[name] === other[name])
  );
}
