// The SDK's smallest build: that for Node adds a query language, which no tree shaking takes out again.
import { Redis } from '@upstash/redis/cloudflare';
import { type Clock, systemClock } from '../clock.ts';
import { StoreFault, StoreUnavailable, type UnavailableKind } from './errors.ts';
import type { Keys } from './keys.ts';

export interface RedisSettings {
  readonly url: string;
  readonly token: string;
  /** Deadline of one attempt, including a second request where a script has to be sent in full. */
  readonly timeoutMs: number;
  /** How often an operation that is safe to repeat is sent, 1 or more. */
  readonly sendsMax: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called as each attempt ends. Only an attempt whose token was refused has surely done nothing. */
  readonly onEnd?: ((isRefused: boolean) => void) | undefined;
  /** Whose time deadlines and pauses take; the machine's by default. */
  readonly clock?: Clock;
  /** Called as each attempt ends, with how long it took. */
  readonly onSent?: ((ms: number, outcome: 'answered' | 'failed') => void) | undefined;
  /** Called with how many commands are billed, those of scripts as they answer. */
  readonly onBilled?: ((commands: number) => void) | undefined;
}

/** Redis over HTTP: attempts have deadlines, failures are classified, and nothing is sent twice unasked. */
export interface RedisClient {
  /** The SDK's client, for packages that need one. */
  readonly redis: Redis;
  /** Sends once. Rejects with `StoreUnavailable` or `StoreFault`. */
  once<T>(send: (redis: Redis) => Promise<T>): Promise<T>;
  /** As `once`, and sends again while the store is unreachable: for what is safe to repeat. */
  repeatedly<T>(send: (redis: Redis) => Promise<T>): Promise<T>;
  /** Notes what a script was billed beyond the command that calls it. */
  bills(commands: number): void;
}

/** Where a deployment's orders are: what every operation of the store takes first. */
export interface Store {
  readonly client: RedisClient;
  readonly keys: Keys;
}

const JITTER_MS_MAX = 100;

/**
 * The only maker of Redis clients. Each option turns off a default of the SDK that would be a bug
 * here: it turns stored strings into numbers, joins requests of different callers, sends up to six
 * times after a lost reply, and resolves with the abort reason when a plain signal fires. Replies
 * come as plain JSON: every stored value is well-formed Unicode, so base64 would only add a third.
 */
export function connect(settings: RedisSettings): RedisClient {
  const { clock = systemClock, timeoutMs, onEnd, onSent, onBilled } = settings;
  const redis = new Redis({
    url: settings.url,
    token: settings.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    retry: { retries: 0 },
    responseEncoding: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  });

  if (onBilled !== undefined) {
    redis.use((request, next) => {
      const body: unknown = request.body;
      // A pipeline is a list of commands.
      onBilled(Array.isArray(body) && Array.isArray(body[0]) ? body.length : 1);
      return next(request);
    });
  }

  async function once<T>(send: (redis: Redis) => Promise<T>): Promise<T> {
    const startMs = clock.now();
    try {
      const answer = await within(clock, timeoutMs, send(redis));
      onSent?.(clock.now() - startMs, 'answered');
      onEnd?.(false);
      return answer;
    } catch (error) {
      onSent?.(clock.now() - startMs, 'failed');
      const failure = failureOf(error);
      onEnd?.(failure instanceof StoreUnavailable && failure.kind === 'unauthorized');
      throw failure;
    }
  }

  async function repeatedly<T>(send: (redis: Redis) => Promise<T>): Promise<T> {
    for (let sends = 1; ; sends += 1) {
      try {
        return await once(send);
      } catch (error) {
        const mayHelp = error instanceof StoreUnavailable && MAY_PASS.has(error.kind);
        if (sends >= settings.sendsMax || !mayHelp) throw error;
        await pause(clock, settings.random() * JITTER_MS_MAX);
      }
    }
  }

  return { redis, once, repeatedly, bills: (commands) => onBilled?.(commands) };
}

/** What a second attempt a moment later may not meet again. */
const MAY_PASS: ReadonlySet<UnavailableKind> = new Set(['unreachable', 'throttled', 'failed']);

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** One deadline for an attempt, however many requests it takes; each request has the SDK's as well. */
function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      reject(new StoreUnavailable('Redis did not answer in time'));
    });
    work.then(resolve, reject).finally(cancel);
  });
}

/**
 * What the service says when it cannot do something, inside a script or not.
 * @see https://upstash.com/docs/redis/troubleshooting
 */
const SERVICE_ERRORS: readonly [RegExp, UnavailableKind][] = [
  [/\b(?:WRONGPASS|NOAUTH|Unauthorized)\b/i, 'unauthorized'],
  [/DB capacity quota exceeded|\bOOM\b/i, 'full'],
  [/max (?:daily )?requests? limit exceeded/i, 'budget'],
  [/max single record size exceeded/i, 'record'],
  [/max (?:request|response) size exceeded/i, 'too-large'],
  [/rate limit|too many requests|max concurrent/i, 'throttled'],
];

/** A key of the wrong type, or a script that fails by itself. */
const FAULTS = /WRONGTYPE|^ERR .*user_script|Dynamic keys are not allowed/;

/** The SDK's messages hold the whole command, so order data: what is passed on is cut before it. */
function failureOf(error: unknown): StoreUnavailable | StoreFault {
  if (error instanceof StoreUnavailable || error instanceof StoreFault) return error;
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  if (name === 'TimeoutError') return new StoreUnavailable('Redis did not answer in time');
  if (name === 'UpstashJSONParseError') {
    return new StoreUnavailable('Redis answered with something other than JSON');
  }
  if (name !== 'UpstashError') {
    return new StoreUnavailable(`Redis could not be reached (${causeOf(error) ?? name})`);
  }
  return failureIn(message.split(', command was:')[0] ?? '');
}

/** Classifies an error that Redis answered with. */
export function failureIn(reply: string): StoreUnavailable | StoreFault {
  const message = `Redis answered: ${reply.slice(0, 200)}`;
  const known = SERVICE_ERRORS.find(([pattern]) => pattern.test(reply));
  if (known !== undefined) return new StoreUnavailable(message, known[1]);
  return FAULTS.test(reply) ? new StoreFault(message) : new StoreUnavailable(message, 'failed');
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
