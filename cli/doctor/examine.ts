import { apiUrl, isSendableKey } from '../../lib/client/address.ts';
import { createClient } from '../../lib/client/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { type RedisConfig, readRedisConfig } from '../../lib/config.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { keysWith } from '../../lib/store/keys.ts';
import { API_CHECKS, type ApiSide } from './api-checks.ts';
import { type CheckResult, runChecks, wrong } from './check.ts';
import { DATA_CHECKS } from './conformance-data.ts';
import { ORDER_CHECKS } from './conformance-order.ts';
import { SCRIPT_CHECKS } from './conformance-scripts.ts';
import { DATABASE_CHECKS, REACH_CHECKS } from './redis-checks.ts';
import { type RedisSide, redisSide, type Timing } from './redis-side.ts';
import { SETTINGS_CHECKS } from './settings-checks.ts';
import { SIZE_CHECKS } from './size-checks.ts';

/** A part of the report: where was looked, and what was found there. */
export interface Part {
  readonly name: 'settings' | 'redis' | 'conformance' | 'api';
  readonly title: string;
  readonly findings: readonly CheckResult[];
  /** Why nothing was looked at, where that is so, and what to set. */
  readonly skipped?: string;
}

export interface ExamineOptions extends Partial<Timing> {
  readonly env: Environment;
  /** Only what anybody can try on a database, Sluice's or not. */
  readonly isConformanceOnly?: boolean;
  /** What a record may hold on the database's plan. */
  readonly recordBytesMax?: number;
  /** Called once there is something to clear where the examination is cut off. */
  readonly onSide?: (side: RedisSide) => void;
}

/** On the free, the pay-as-you-go and the 250 MB plans. */
const RECORD_BYTES_MAX = 100 * 1024 * 1024;

/** Looks at everything that the environment names, and changes nothing but scratch keys. */
export async function examine(options: ExamineOptions): Promise<readonly Part[]> {
  const { env, isConformanceOnly = false } = options;
  const timed = { ...options, clock: options.clock ?? systemClock };
  if (isConformanceOnly) return examineRedis(timed);
  const findings = await runChecks(SETTINGS_CHECKS, env);
  const settings: Part = { name: 'settings', title: 'The environment', findings };
  return [settings, ...(await examineRedis(timed)), await examineApi(timed)];
}

async function examineRedis(options: ExamineOptions & Timing): Promise<Part[]> {
  const config = redisConfigIn(options);
  if ('findings' in config) return [config];
  const side = redisSide(config, options);
  options.onSide?.(side);
  try {
    const title = `Redis at ${config.redisUrl}`;
    const reach = await runChecks(REACH_CHECKS, side);
    if (reach.some(({ kind }) => kind === 'wrong'))
      return [{ name: 'redis', title, findings: reach }];
    const database = await runChecks(DATABASE_CHECKS, side);
    const conformance = await runChecks([...ORDER_CHECKS, ...SCRIPT_CHECKS, ...DATA_CHECKS], side);
    const { client } = side;
    const store = { client, keys: keysWith(config.prefix) };
    const sizes = options.isConformanceOnly
      ? []
      : await runChecks(SIZE_CHECKS, {
          store,
          recordBytesMax: options.recordBytesMax ?? RECORD_BYTES_MAX,
        });
    return [
      { name: 'redis', title, findings: [...reach, ...database, ...sizes] },
      { name: 'conformance', title: 'Redis does what Sluice needs', findings: conformance },
    ];
  } finally {
    await side.scratch.clear().catch(() => undefined);
  }
}

/** How to reach Redis, or what there is to say where that is not known. */
function redisConfigIn({ env, isConformanceOnly }: ExamineOptions): RedisConfig | Part {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  const part = { name: 'redis', title: 'Redis', findings: [] } as const;
  if (!url || !token) {
    return { ...part, skipped: 'Set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.' };
  }
  try {
    return readRedisConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (!isConformanceOnly) {
      return { ...part, skipped: 'Not checked: its settings are wrong, as listed above.' };
    }
    const [, ...faults] = error.message.split('\n- ');
    const verdict = wrong(faults.join('; '), 'Copy the https URL and the token from the console.');
    return { ...part, findings: [{ name: 'address', looksAt: 'where Redis is', ...verdict }] };
  }
}

/** One call may take as long as a Lambda that starts cold and waits for Redis. */
const CALL_MS_MAX = 10_000;

async function examineApi(options: ExamineOptions & Timing): Promise<Part> {
  const { SLUICE_URL: address, SLUICE_KEY: key } = options.env;
  const { timeoutMs = CALL_MS_MAX, stopwatch = () => performance.now() } = options;
  const part = { name: 'api', title: 'The API', findings: [] } as const;
  if (!address || !key) {
    return { ...part, skipped: 'Set SLUICE_URL and SLUICE_KEY, best to a key with orders:admin.' };
  }
  const faulty = (found: string, fix: string): Part => ({
    ...part,
    findings: [{ name: 'address', looksAt: 'SLUICE_URL and SLUICE_KEY', ...wrong(found, fix) }],
  });
  const allowHttp = options.env.SLUICE_ALLOW_HTTP === 'on';
  const url = apiUrl(address, allowHttp);
  if (url === 'wrong') {
    return faulty('SLUICE_URL is not an https address', 'Set it to the API’s address.');
  }
  if (url === 'unsafe') {
    return faulty('SLUICE_URL would send the key over http', 'Use https, or SLUICE_ALLOW_HTTP=on.');
  }
  if (!isSendableKey(key)) {
    return faulty('SLUICE_KEY has a character that no key has', 'Copy it again.');
  }
  const clientWith = (one: string) =>
    createClient({ url, key: one, allowHttp, timeoutMs, triesUnansweredMax: 1 });
  const side: ApiSide = {
    url: url.href,
    client: clientWith(key),
    stranger: clientWith('sluice_doctor_no_such_key'),
    stopwatch,
  };
  return { ...part, title: `The API at ${url.href}`, findings: await runChecks(API_CHECKS, side) };
}
