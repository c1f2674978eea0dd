import type { Clock } from '../../lib/clock.ts';
import type { RedisConfig } from '../../lib/config.ts';
import { connect, type RedisClient } from '../../lib/redis/client.ts';
import { type Keys, keysWith } from '../../lib/redis/keys.ts';
import type { Environment } from '../../lib/settings.ts';
import { type Exchange, exchange, type Timing } from './http.ts';
import { type Scratch, scratchFor } from './scratch.ts';
import { type State, stateOf } from './state.ts';

export type Command = readonly (string | number)[];

/** What the checks of Redis look at. */
export interface RedisSide {
  readonly config: RedisConfig;
  readonly env: Environment;
  readonly clock: Clock;
  /** As the stores talk to Redis; each call is another connection's or not, as `fetch` decides. */
  readonly client: RedisClient;
  readonly keys: Keys;
  /** Keys that are there for this examination only. */
  readonly scratch: Scratch;
  /** How Sluice's keys stand: asked once, when it is first needed. */
  state(): Promise<State>;
  /** Sends one command as the REST API takes it, once, and tells all that came of it. */
  ask(command: Command): Promise<Exchange>;
  /** The same for a pipeline: each command has its own reply or error. */
  askAll(commands: readonly Command[]): Promise<Exchange>;
}

/** A script of the conformance part may carry a megabyte, over a slow line. */
const TIMEOUT_MS = 10_000;

export function redisSide(
  config: RedisConfig,
  options: Timing & { readonly env: Environment },
): RedisSide {
  const { env, clock, timeoutMs = TIMEOUT_MS, stopwatch = () => performance.now() } = options;
  const { redisUrl: url, redisToken: token, prefix } = config;
  // Sent once: what a repeat would hide is what is looked for here.
  const client = connect({ url, token, timeoutMs, sendsMax: 1, random: Math.random });
  const post = (to: string, body: unknown) =>
    exchange({
      url: to,
      method: 'POST',
      bearer: token,
      body,
      timeoutMs,
      now: clock.now,
      stopwatch,
    });
  const keys = keysWith(prefix);
  let state: Promise<State> | undefined;
  return {
    config,
    env,
    clock,
    client,
    keys,
    scratch: scratchFor(client),
    state() {
      state ??= stateOf({ client, keys, clock });
      return state;
    },
    ask: (command) => post(url, command),
    askAll: (commands) => post(`${url}/pipeline`, commands),
  };
}
