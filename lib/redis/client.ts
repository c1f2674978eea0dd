import { Redis } from '@upstash/redis';
import { type Clock, systemClock } from '../clock.ts';
import { StoreFault, StoreUnavailable } from '../queue/errors.ts';

export interface RedisSettings {
  readonly url: string;
  readonly token: string;
  /** Deadline of one sending, also where a script takes two requests. */
  readonly timeoutMs: number;
  /** How often what is safe to repeat is sent, 1 or more. */
  readonly sendsMax: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called as each sending ends: only what was refused for its token is surely not done. */
  readonly onEnd?: ((isRefused: boolean) => void) | undefined;
  /** Whose time deadlines and pauses take; the machine's where it is left out. */
  readonly clock?: Clock;
  /** Is told of each sending and of what it costs. */
  readonly watch?: RedisWatch | undefined;
}

/** What there is to know of a client's requests, besides what they are answered. */
export interface RedisWatch {
  /** A sending has ended, `ms` after it began, however many requests it took. */
  sent(ms: number, outcome: 'answered' | 'failed'): void;
  /** So many commands more are billed: those that were sent, and those that a script executed. */
  billed(commands: number): void;
}

const JITTER_MS_MAX = 100;

/** Redis over HTTP: requests have deadlines, failures are told apart, and nothing is sent twice unasked. */
export interface RedisClient {
  /** The SDK's client, for the lock and for transactions. */
  readonly redis: Redis;
  /** Sends once; fails with `StoreUnavailable` or `StoreFault`. */
  once<T>(send: (redis: Redis) => Promise<T>): Promise<T>;
  /** As `once`, but sends again where the store was unavailable: for what is safe to repeat. */
  repeatedly<T>(send: (redis: Redis) => Promise<T>): Promise<T>;
  /** Takes in how many commands a script has executed, which only who ran it can know. */
  executed(commands: number): void;
}

/**
 * The only maker of Redis clients. Each setting answers something that the SDK does otherwise:
 * it would turn stored strings into numbers, join requests of different callers, send up to six
 * times after a lost reply, and resolve with the abort reason when a plain signal fires.
 * Replies come as plain JSON: every value that Sluice stores is well-formed Unicode, so base64
 * would add a third to each reply and a decoding step for nothing.
 */
export function connect(settings: RedisSettings): RedisClient {
  const { clock = systemClock, watch } = settings;
  const redis = new Redis({
    url: settings.url,
    token: settings.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    retry: { retries: 0 },
    responseEncoding: false,
    signal: () => AbortSignal.timeout(settings.timeoutMs),
  });
  // Counted as it is sent: what does not arrive is counted too, what comes twice is not.
  redis.use((request, next) => {
    watch?.billed(commandsIn(request.path, request.body));
    return next(request);
  });

  async function once<T>(send: (redis: Redis) => Promise<T>): Promise<T> {
    const startMs = clock.now();
    const tell = (outcome: 'answered' | 'failed') => watch?.sent(clock.now() - startMs, outcome);
    try {
      const answer = await within(clock, settings.timeoutMs, send(redis));
      tell('answered');
      settings.onEnd?.(false);
      return answer;
    } catch (error) {
      tell('failed');
      const failure = withoutCommand(error);
      settings.onEnd?.(UNAUTHORIZED.test(failure.message));
      throw failure;
    }
  }

  async function repeatedly<T>(send: (redis: Redis) => Promise<T>): Promise<T> {
    for (let sends = 1; ; sends += 1) {
      try {
        return await once(send);
      } catch (error) {
        if (sends >= settings.sendsMax || !(error instanceof StoreUnavailable)) throw error;
        await pause(clock, settings.random() * JITTER_MS_MAX);
      }
    }
  }

  return { redis, once, repeatedly, executed: (commands) => watch?.billed(commands) };
}

/** One, or as many as a pipeline or a transaction has. */
function commandsIn(path: readonly string[] | undefined, body: unknown): number {
  return path !== undefined && path.length > 0 && Array.isArray(body) ? body.length : 1;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** One deadline for a sending, however many requests it takes; each has the SDK's own besides. */
function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      reject(new StoreUnavailable('Redis did not answer in time'));
    });
    work.then(resolve, reject).finally(cancel);
  });
}

/** What Upstash's 401 says. */
const UNAUTHORIZED = /^Redis answered: (?:WRONGPASS|NOAUTH|Unauthorized)/i;

// A key of the wrong type, also inside a transaction, and a script that fails by itself. Redis names
// the script after other errors too, such as OOM: those pass.
const FAULTS = /^(?:Command \d+ \[ \w+ \] failed: )?WRONGTYPE|^ERR .*user_script/;

/** The SDK's messages hold the whole command, so order data: what goes on is cut before it. */
function withoutCommand(error: unknown): StoreUnavailable | StoreFault {
  if (error instanceof StoreUnavailable) return error;
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  if (name === 'TimeoutError') return new StoreUnavailable('Redis did not answer in time');
  if (name === 'UpstashJSONParseError') {
    return new StoreUnavailable('Redis answered something that is no JSON');
  }
  if (name !== 'UpstashError') {
    return new StoreUnavailable(`Redis could not be reached (${causeOf(error) ?? name})`);
  }
  const reply = (message.split(', command was:')[0] ?? '').slice(0, 200);
  if (FAULTS.test(reply)) return new StoreFault(`Redis answered: ${reply}`);
  return new StoreUnavailable(`Redis answered: ${reply}`);
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
