import type { Context } from 'aws-lambda';
import { SecretsUnavailable } from './secrets/errors.ts';
import type { Secrets } from './secrets/secrets.ts';
import type { Environment } from './settings.ts';

export type Handle<E, R> = (event: E, context: Context) => Promise<R>;

/** What a function is made from. */
export interface Composition<S, E, R> {
  readonly secrets: Secrets;
  /**
   * What its parts are made with, in an environment.
   *
   * @param sent  to be told of each sending to Redis whether its token was refused
   */
  readonly runtimeIn: (env: Environment, sent: (isRefused: boolean) => void) => S;
  readonly compose: (runtime: S) => Handle<E, R>;
}

interface Made<E, R> {
  readonly env: Environment;
  readonly handle: Handle<E, R>;
  /** Of what the event at hand has sent to Redis: whether any was refused, and whether all was. */
  wasRefused: boolean;
  isUndone: boolean;
}

/**
 * Makes a function at its cold start, and makes it anew when a secret has changed. Where Redis
 * refuses the token the secrets are read again, and an event of which it has refused everything is
 * handled once more. One that was refused later is not: it holds a lock by then, or has redriven.
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
    try {
      const env = await secrets.renewed();
      return env === made.env ? undefined : madeIn(env);
    } catch {
      // The next event meets it again, and fails of it; this one came to its own end.
      return undefined;
    }
  }

  try {
    madeIn(await secrets.current());
  } catch (error) {
    if (!(error instanceof SecretsUnavailable)) throw error;
  }

  return async function handler(event, context) {
    const made = madeIn(await secrets.current());
    Object.assign(made, { wasRefused: false, isUndone: true });
    const [outcome] = await Promise.allSettled([made.handle(event, context)]);
    const renewed = made.wasRefused ? await again(made) : undefined;
    if (renewed !== undefined && made.isUndone) return renewed.handle(event, context);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

function make<S, E, R>({ runtimeIn, compose }: Composition<S, E, R>, env: Environment): Made<E, R> {
  const state = { wasRefused: false, isUndone: true };
  const sent = (isRefused: boolean) => {
    if (isRefused) state.wasRefused = true;
    else state.isUndone = false;
  };
  return Object.assign(state, { env, handle: compose(runtimeIn(env, sent)) });
}
