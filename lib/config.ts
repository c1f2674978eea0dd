import { type ApiKey, checkKeys, isLocalKey } from './http/api-keys.ts';
import type { TokenSettings } from './http/token-callers.ts';
import { type Environment, readSettings, SettingFault, type SettingsReader } from './settings.ts';
import { type OwnLimits, QUEUE, STOCK, TOKENS, WAKING } from './settings-table.ts';

/** Where the orders are. */
export interface RedisConfig {
  readonly redisUrl: string;
  readonly redisToken: string;
  /** Stands before every key in Redis, so that stages can share a database. */
  readonly prefix: string;
}

/** Everything that can be set from outside. Durations are in milliseconds. */
export interface Config extends RedisConfig {
  /** The stage of the deployment, or `local`. */
  readonly stage: string;
  readonly apiKeys: readonly ApiKey[];
  /** Where API Gateway checks tokens: then there are no API keys. */
  readonly tokens: TokenSettings | undefined;
  readonly batchSize: number;
  /** Batches of a drain under way at once. */
  readonly lanes: number;
  readonly leaseMs: number;
  readonly attemptsMax: number;
  /** Depth of a client's queue past which its submits are refused. */
  readonly queueMax: number;
  /** How many orders of a client may be scheduled. */
  readonly scheduledMax: number;
  /** Bytes that the plan of the database has room for. */
  readonly storageBytes: number;
  /** How much of them the orders of one client may take, in percent. */
  readonly storageShare: number;
  /** The limits that single clients have in place of these. */
  readonly clientLimits: ReadonlyMap<string, OwnLimits>;
  /** Pace at which many dead orders are put back. */
  readonly redrivesPerSecond: number;
  /** How long a produced or canceled order is kept after its end. */
  readonly retentionDays: number;
  /** How long a dead order is kept before it is discarded; 0 where it is kept until somebody acts. */
  readonly deadRetentionDays: number;
  /** Whether what becomes of orders is announced; where to, only the announcer needs to know. */
  readonly isAnnounced: boolean;
  /**
   * How often at most a submit that finds the queue empty wakes a drain; 0 where the schedule is
   * enough.
   */
  readonly wakeIntervalMs: number;
  /** The name of the Lambda function that drains, for who wakes it. */
  readonly drainFunction: string;
  /** Orders that a client may submit in a minute, other requests counting as one; 0 for no limit. */
  readonly rateLimit: number;
  /** Whether orders reserve stock of tracked SKUs. */
  readonly hasStock: boolean;
  /** How long an instance refuses from memory what it has seen sold out; 0 for not at all. */
  readonly soldOutMs: number;
}

/** The secrets that a function is given: without keys nobody may call it. */
export interface Needs {
  readonly redis: boolean;
  readonly apiKeys: boolean;
}

const NO_REDIS = { redisUrl: '', redisToken: '' };

/**
 * Reads the configuration.
 *
 * @param needs  what is not needed may be missing
 * @throws ConfigError naming every variable that is missing or wrong, and never a value
 */
export function readConfig(env: Environment, needs: Needs): Config {
  const isByToken = [env.SLUICE_JWT_ISSUER, env.SLUICE_JWT_AUDIENCE].some(Boolean);
  return readSettings(env, ({ read, optional, setting }) => ({
    ...(needs.redis ? redisAccessOf(read) : NO_REDIS),
    stage: optional('SLUICE_STAGE', 'the name of the stage', (text) => text, 'local'),
    prefix: setting(QUEUE.SLUICE_PREFIX),
    apiKeys: needs.apiKeys && !isByToken ? apiKeysOf(read, isDeployed(env)) : [],
    tokens: isByToken ? tokensOf(read, setting) : undefined,
    batchSize: setting(QUEUE.SLUICE_BATCH_SIZE),
    lanes: setting(QUEUE.SLUICE_DRAIN_LANES),
    leaseMs: setting(QUEUE.SLUICE_LEASE_MS),
    attemptsMax: setting(QUEUE.SLUICE_ATTEMPTS_MAX),
    queueMax: setting(QUEUE.SLUICE_QUEUE_MAX),
    scheduledMax: setting(QUEUE.SLUICE_SCHEDULED_MAX),
    storageBytes: setting(QUEUE.SLUICE_STORAGE_MB) * 1024 * 1024,
    storageShare: setting(QUEUE.SLUICE_STORAGE_SHARE),
    clientLimits: setting(QUEUE.SLUICE_CLIENT_LIMITS),
    redrivesPerSecond: setting(QUEUE.SLUICE_REDRIVES_PER_SECOND),
    retentionDays: setting(QUEUE.SLUICE_RETENTION_DAYS),
    deadRetentionDays: setting(QUEUE.SLUICE_DEAD_RETENTION_DAYS),
    isAnnounced: optional('SLUICE_EVENTS_URL', 'a URL', () => true, false),
    wakeIntervalMs: setting(WAKING.SLUICE_WAKE_INTERVAL_MS),
    drainFunction: optional('SLUICE_DRAIN_FUNCTION', FUNCTION_RULE, functionIn, ''),
    rateLimit: setting(QUEUE.SLUICE_RATE_LIMIT),
    hasStock: setting(STOCK.SLUICE_STOCK) === 'on',
    soldOutMs: setting(STOCK.SLUICE_SOLD_OUT_MS),
  }));
}

/**
 * Reads where the orders are, and nothing else: for what needs no API keys.
 *
 * @throws ConfigError as `readConfig`
 */
export function readRedisConfig(env: Environment): RedisConfig {
  return readSettings(env, redisConfigOf);
}

function redisConfigOf({ read, setting }: SettingsReader): RedisConfig {
  return { ...redisAccessOf(read), prefix: setting(QUEUE.SLUICE_PREFIX) };
}

function redisAccessOf(read: SettingsReader['read']) {
  return {
    redisUrl: read(
      'UPSTASH_REDIS_REST_URL',
      'the https URL of the REST API of the Upstash database',
      urlIn,
    ),
    redisToken: read('UPSTASH_REDIS_REST_TOKEN', 'its REST token, without spaces', (text) =>
      /^[\x21-\x7e]+$/.test(text) ? text : undefined,
    ),
  };
}

function apiKeysOf(read: SettingsReader['read'], isStage: boolean): readonly ApiKey[] {
  return read(
    'SLUICE_API_KEYS',
    'a JSON array of {"client", "scopes", "sha256"}, each digest once, as 64 lower-case hex digits',
    (text) => {
      const keys = apiKeysIn(text);
      if (isStage && keys?.some(isLocalKey)) {
        throw new SettingFault(
          'it has a key of the local stack, which everybody knows. Revoke it.',
        );
      }
      return keys;
    },
  );
}

/** A deployed function reads its secrets from Secrets Manager; one of the local stack has none there. */
function isDeployed(env: Environment): boolean {
  return (env.SLUICE_SECRETS ?? '') !== '';
}

/** The audience is for API Gateway alone to check; but one without the other is a mistake. */
function tokensOf(read: SettingsReader['read'], setting: SettingsReader['setting']) {
  const { SLUICE_JWT_ISSUER: issuer, SLUICE_JWT_AUDIENCE: audience } = TOKENS;
  read(audience.name, audience.rule, audience.parse);
  return {
    issuer: read(issuer.name, issuer.rule, issuer.parse),
    scopePrefix: setting(TOKENS.SLUICE_JWT_SCOPE_PREFIX),
    clientClaim: setting(TOKENS.SLUICE_JWT_CLIENT_CLAIM),
  };
}

// What the SDK takes for a URL, less a query, a fragment and credentials. Without TLS the token could be
// read on its way, so http is for this machine only.
const REST_URL =
  /^(?:https:\/\/[^\s$./?#@][^\s?#@]+|http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/][^\s?#@]*)?)$/;

function urlIn(text: string): string | undefined {
  return REST_URL.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined;
}

function apiKeysIn(text: string): readonly ApiKey[] | undefined {
  try {
    const checked = checkKeys(JSON.parse(text));
    return checked.kind === 'keys' ? checked.keys : undefined;
  } catch {
    return undefined;
  }
}

const FUNCTION_RULE = 'the name of a Lambda function';

function functionIn(text: string): string | undefined {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text) ? text : undefined;
}
