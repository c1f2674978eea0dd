import type { Context } from 'aws-lambda';
import { SecretsUnavailable } from './secrets/errors.ts';
import type { Secrets } from './secrets/secrets.ts';
import type { Environment } from './settings.ts';

export type Handle<E, R> = (event: E, context: Context) => Promise<R>;

/** What a function is made from. */
export interface Composition<S, E, R> {
  readonly secrets: Secrets;
  /**
   * What its parts find around them, in an environment.
   *
   * @param refused  to be called where Redis does not take the token
   */
  readonly surround: (env: Environment, refused: () => void) => S;
  readonly compose: (surroundings: S) => Handle<E, R>;
}

interface Made<E, R> {
  readonly env: Environment;
  readonly handle: Handle<E, R>;
  wasRefused: boolean;
}

/**
 * Makes a function at its cold start, and makes it anew when a secret has changed. An event that
 * Redis refused for its token is handled once more where the secrets have changed: what Redis
 * refuses it has not done, and what was done before that is safe to do again.
 *
 * @throws ConfigError where the environment is wrong. Secrets that cannot be read now are no reason:
 *   the first event reads them again, and fails with what `Secrets.current` throws.
 */
export async function composed<S, E, R>(parts: Composition<S, E, R>): Promise<Handle<E, R>> {
  const { secrets } = parts;
  let latest: Made<E, R> | undefined;

  function madeIn(env: Environment): Made<E, R> {
    if (latest?.env !== env) latest = make(parts, env);
    return latest;
  }

  async function again(made: Made<E, R>): Promise<Made<E, R> | undefined> {
    const env = await secrets.renewed().catch(() => made.env);
    return env === made.env ? undefined : madeIn(env);
  }

  try {
    madeIn(await secrets.current());
  } catch (error) {
    if (!(error instanceof SecretsUnavailable)) throw error;
  }

  return async function handler(event, context) {
    const made = madeIn(await secrets.current());
    made.wasRefused = false;
    const [outcome] = await Promise.allSettled([made.handle(event, context)]);
    const renewed = made.wasRefused ? await again(made) : undefined;
    if (renewed !== undefined) return renewed.handle(event, context);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

function make<S, E, R>({ surround, compose }: Composition<S, E, R>, env: Environment): Made<E, R> {
  const state = { wasRefused: false };
  const refused = () => {
    state.wasRefused = true;
  };
  return Object.assign(state, { env, handle: compose(surround(env, refused)) });
}
