import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { invokeLater } from './aws/invoke.ts';
import { awsRequests } from './aws/request.ts';
import { systemClock } from './clock.ts';
import { composed, type Handle } from './composition.ts';
import { type Needs, readConfig } from './config.ts';
import { callersByKey } from './http/authenticate.ts';
import { problemIn } from './http/responses.ts';
import { routeWith, unavailable } from './http/route.ts';
import { clientLimitsOf } from './intake/client-limits.ts';
import type { Wake } from './intake/wake.ts';
import { jsonLog } from './log.ts';
import { type Metrics, NO_METRICS } from './metrics/metrics.ts';
import { readSecrets } from './secrets/secret-store.ts';
import { secretsOf } from './secrets/secrets.ts';
import type { Environment } from './settings.ts';
import { connect, type RedisSettings } from './store/connection.ts';
import { keysWith } from './store/keys.ts';
import type { RateLimit } from './store/rate-limit.ts';
import { isWarmUp, stayWarm } from './warm.ts';

/** What counting a request may add to it: a limit lets through what cannot be counted by then. */
const ASIDE_MS_MAX = 250;
/** What waking a drain may add to a submit, once Redis has said that it should. */
const INVOKE_MS_MAX = 1_000;

const clock = systemClock;
const random = Math.random;
const write = (line: string) => process.stdout.write(line);
const log = jsonLog(clock.now, write);

// As the limit below: a bundle that is packaged without metrics has none of their code.
const metrics: Metrics =
  process.env.SLUICE_METRICS === 'off'
    ? NO_METRICS
    : (await import('./metrics/emf.ts')).emfMetrics({
        stage: process.env.SLUICE_STAGE || 'local',
        now: clock.now,
        write,
      });

const onSent: RedisSettings['onSent'] = (ms, outcome) => {
  if (outcome === 'answered') metrics.measure('RedisLatency', ms);
  else metrics.measure('RedisErrors', 1);
};

/** By this instance, which answers one request at a time. */
let billed = 0;
const onBilled: RedisSettings['onBilled'] = (commands) => {
  billed += commands;
  metrics.measure('BilledCommands', commands);
};

// Asked for by name, so that a bundle that is packaged without a limit has none of its code:
// deploy/bundle.ts says to esbuild what the variable is.
const rateLimits = process.env.SLUICE_RATE_LIMIT
  ? (await import('./store/rate-limit.ts')).rateLimit
  : undefined;

// And without JWTs, where no issuer of them is known.
const callersByToken = process.env.SLUICE_JWT_ISSUER
  ? (await import('./http/token-callers.ts')).callersByToken
  : undefined;

// And without what wakes a drain, where none is to be woken.
const wakes = process.env.SLUICE_WAKE_INTERVAL_MS
  ? (await import('./intake/wake.ts')).wakeOf
  : undefined;

const lambda = awsRequests(process.env, 'lambda', clock.now);
const secretsManager = awsRequests(process.env, 'secretsmanager', clock.now);
const secrets = secretsOf(process.env, {
  read: (names, timeMs) => readSecrets({ send: secretsManager, clock, random }, names, timeMs),
  clock,
});

/** Is told of each sending whether Redis refused its token. */
type Sent = (isRefused: boolean) => void;

/** What every function finds around it. */
export type Runtime = ReturnType<typeof runtimeOf>;

/**
 * @param env      with the secrets in it
 * @param sent     is called as each sending to Redis ends
 * @throws ConfigError with every variable that is missing or wrong in one message
 */
export function runtimeOf(env: Environment, needs: Needs, sent?: Sent) {
  const config = readConfig(env, needs);
  const { redisUrl: url, redisToken: token } = config;
  const redis = { url, token, random, onSent, onBilled, onEnd: sent };
  const keys = keysWith(config.prefix);
  return {
    env,
    config,
    clock,
    random,
    log,
    metrics,
    keys,
    /**
     * The store for a request that somebody waits for: two attempts of 1.2 s and a pause of at most
     * 0.1 s, so that a 503 is answered within 3 s.
     */
    storeForRequests: () => ({
      keys,
      client: connect({ ...redis, timeoutMs: 1_200, sendsMax: 2 }),
    }),
    /** The store for batches: a request carries up to some megabytes and may take longer. */
    storeForBatches: () => ({
      keys,
      client: connect({ ...redis, timeoutMs: 2_500, sendsMax: 2 }),
    }),
    redisAside: () => connect({ ...redis, timeoutMs: ASIDE_MS_MAX, sendsMax: 1 }),
    /** Has a Lambda function run, without waiting for it. */
    invoke: (name: string, payload: object) => invokeLater(lambda, name, payload, INVOKE_MS_MAX),
  };
}

/** What a function finds that is called over HTTP: `route`, the only way to answer. */
export interface HttpRuntime extends Runtime {
  readonly route: ReturnType<typeof routeWith>;
  /** How a submit wakes the drain, where it does. */
  readonly wake: () => Wake | undefined;
}

/**
 * Makes a function that is called over HTTP, and perhaps by a schedule too. Where its secrets
 * cannot be read it answers 503 to everybody: who calls is then not known.
 *
 * @throws ConfigError as `runtimeOf`
 */
export async function httpFunction<E, R>(
  compose: (runtime: HttpRuntime) => Handle<E, R>,
  { redis = true }: Partial<Pick<Needs, 'redis'>> = {},
): Promise<Handle<E, R | APIGatewayProxyStructuredResultV2>> {
  const needs = { redis: redis || rateLimits !== undefined, apiKeys: true };
  const handle = await composed({
    secrets,
    compose,
    runtimeIn(env, sent) {
      const runtime = runtimeOf(env, needs, sent);
      const { apiKeys, tokens } = runtime.config;
      const callers = (tokens && callersByToken?.(tokens)) ?? callersByKey(apiKeys);
      const rateLimit = rateLimitIn(runtime);
      const route = routeWith({ callers, log, now: clock.now, billed: () => billed, rateLimit });
      const wake = () => wakes?.({ ...runtime, store: runtime.storeForRequests() });
      return { ...runtime, route, wake };
    },
  });
  return measured(async (event, context) => {
    try {
      if (isWarmUp(event)) return (await stayWarm(event, context, clock)) as R;
      return await handle(event, context);
    } catch (error) {
      if (!isHttp(event)) throw error;
      return unavailable(error, event, context, log);
    }
  });
}

/**
 * Makes a function that a schedule calls. Nobody calls it over HTTP, so it is given no API keys.
 *
 * @throws ConfigError as `runtimeOf`
 */
export async function scheduledFunction<R>(
  compose: (runtime: Runtime) => Handle<unknown, R>,
): Promise<Handle<unknown, R>> {
  const needs = { redis: true, apiKeys: false };
  const runtimeIn = (env: Environment, sent: Sent) => runtimeOf(env, needs, sent);
  return measured(await composed({ secrets, compose, runtimeIn }));
}

/** Writes the metrics of each event as it ends; of an answer that is a problem, also which. */
function measured<E, R>(handle: Handle<E, R>): Handle<E, R> {
  return async (event, context) => {
    try {
      const answer = await handle(event, context);
      const refusal = isHttp(event) ? problemIn(answer as object) : undefined;
      if (refusal !== undefined) metrics.measure('Refused', 1, refusal);
      return answer;
    } finally {
      metrics.flush();
    }
  };
}

function rateLimitIn({ config, keys, redisAside }: Runtime): RateLimit | undefined {
  const limitsOf = clientLimitsOf(config);
  return rateLimits?.(redisAside(), keys.rate, (client) => limitsOf(client).ordersPerMinute);
}

function isHttp(event: unknown): event is APIGatewayProxyEventV2 {
  return typeof event === 'object' && event !== null && 'requestContext' in event;
}
