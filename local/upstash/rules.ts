import * as z from 'zod/mini';
import type { Argument } from '../redis/resp.ts';

const MB = 1024 * 1024;
const KB = 1024;
const DOCS = 'https://upstash.com/docs/redis/troubleshooting';

/** The limit of a request on Upstash's pay-as-you-go plan. A reply counts too. */
export const REQUEST_BYTES_MAX = 10 * MB;
/** Of a key, and of a member of a set or a sorted set. */
export const NAME_BYTES_MAX = 32 * KB;

/** Commands whose arguments include members. */
export const MEMBER_COMMANDS = ['SADD', 'SMOVE', 'ZADD', 'ZINCRBY', 'GEOADD'];

/** Whether an argument is too long for a key or a member. */
export function isLong(argument: Argument): boolean {
  // No character takes more than three bytes of UTF-8 for each of its units.
  const bytesMax = argument.length * (typeof argument === 'string' ? 3 : 1);
  return bytesMax > NAME_BYTES_MAX && Buffer.byteLength(argument) > NAME_BYTES_MAX;
}

export const requestTooLarge = (bytes: number): string =>
  `ERR max request size exceeded. Limit: ${REQUEST_BYTES_MAX} bytes, Actual: ${bytes} bytes. See ${DOCS}/max_request_size_exceeded for details`;

export const nameTooLarge = (what: 'key' | 'member', bytes: number | '%d'): string =>
  `ERR max ${what} size exceeded. Limit: ${NAME_BYTES_MAX} bytes, Actual: ${bytes} bytes. See ${DOCS}/max_${what}_size_exceeded for details`;

export const databaseFull = (bytesMax: number, bytes: number): string =>
  `ERR DB capacity quota exceeded. Threshold: ${bytesMax} bytes, Usage: ${bytes} bytes. See ${DOCS}/db_capacity_quota_exceeded for details`;

/** The service's errors by what they are about; the figures in them are examples. */
export const SERVICE_ERRORS = {
  databaseFull: databaseFull(256 * MB, 256 * MB + 1),
  recordFull: `ERR max single record size exceeded. See ${DOCS}/max_record_size_exceeded for details`,
  requestTooLarge: requestTooLarge(REQUEST_BYTES_MAX + 1),
  requestsUsedUp: `ERR max requests limit exceeded. Limit: 500000, Usage: 500000. See ${DOCS}/max_requests_limit for details`,
  dailyRequestsUsedUp: `ERR max daily request limit exceeded. Limit: 10000, Usage: 10001. See ${DOCS}/max_daily_request_limit for details`,
  unauthorized: `WRONGPASS invalid or missing auth token. See ${DOCS}/http_unauthorized for details`,
  noScript: 'NOSCRIPT No matching script. Please use EVAL.',
} as const;
const ERROR_NAMES = Object.keys(SERVICE_ERRORS) as (keyof typeof SERVICE_ERRORS)[];

const quantity = z.number().check(z.positive());

const InjectedFailureSchema = z.strictObject({
  /** What is answered in place of the command, which does not run. */
  error: z.enum(ERROR_NAMES),
  /** The n-th command of a script, or of a request: 1 for one that comes alone. */
  of: z.enum(['script', 'request']),
  command: z.int().check(z.positive()),
  /** Whether every later command of the same script or request fails too. */
  andLater: z.optional(z.boolean()),
  /** Only this script, by its sha1. */
  script: z.optional(z.string()),
  /** How many scripts or requests fail; counted down. All of them, when missing. */
  times: z.optional(z.int()),
});

export const RulesSchema = z.strictObject({
  /** What one key may hold, as payload. */
  recordBytesMax: quantity,
  /** What all keys together may hold. */
  databaseBytesMax: quantity,
  /**
   * What becomes of a script without the flag allow-key-locking that touches a key outside of
   * KEYS: Upstash lets it, and blocks the whole database while it reads the key from disk.
   */
  undeclaredKeys: z.enum(['count', 'refuse']),
  /** Time on the network, each way. */
  delayMs: z.number().check(z.nonnegative()),
  /** Above it requests wait. */
  commandsPerSecondMax: quantity,
  failure: z.nullish(InjectedFailureSchema),
});

/** What the service holds its users to. A test may change them while the server runs. */
export type Rules = z.infer<typeof RulesSchema>;
export type InjectedFailure = z.infer<typeof InjectedFailureSchema>;

export const DEFAULT_RULES: Rules = {
  recordBytesMax: 100 * MB,
  databaseBytesMax: Number.MAX_SAFE_INTEGER,
  undeclaredKeys: 'refuse',
  delayMs: 0,
  commandsPerSecondMax: Number.MAX_SAFE_INTEGER,
};

/** What the service has counted since it started. */
export type Usage = {
  /** Each command, those inside of scripts too, and MULTI and EXEC. */
  billedCommands: number;
  /** Errors that `Rules.failure` asked for. */
  failures: number;
  /** Scripts, by sha1, that touched a key outside of KEYS, and the first such key. */
  undeclaredKeys: Record<string, string>;
};

/** Takes the failure for one script or request, if it is due; `giveBack` where it did not come to it. */
export function takeFailure(
  rules: Rules,
  of: InjectedFailure['of'],
  sha?: string,
): InjectedFailure | undefined {
  const { failure } = rules;
  if (failure?.of !== of || failure.times === 0) return undefined;
  if (failure.script !== undefined && failure.script !== sha) return undefined;
  if (failure.times !== undefined) failure.times -= 1;
  return failure;
}

export function giveBack(failure: InjectedFailure): void {
  if (failure.times !== undefined) failure.times += 1;
}
