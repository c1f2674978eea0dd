import { apiUrl, isSendableKey } from '../../lib/client/address.ts';
import { systemClock } from '../../lib/clock.ts';
import { readRedisConfig } from '../../lib/config.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { API_CHECKS } from './api-checks.ts';
import { apiSide } from './api-side.ts';
import { BILLING_CHECK, countOf } from './billing-check.ts';
import { type Finding, runChecks, type Verdict, wrong } from './check.ts';
import { conformanceChecks } from './conformance.ts';
import { DATABASE_CHECKS } from './database-checks.ts';
import type { Timing } from './http.ts';
import { REACH_CHECKS } from './reach-checks.ts';
import { type RedisSide, redisSide } from './redis-side.ts';
import { SETTINGS_CHECKS } from './settings-checks.ts';
import { STATE_CHECKS } from './state-checks.ts';

/** A part of the report: where was looked, and what was found there. */
export interface Part {
  readonly name: 'settings' | 'redis' | 'conformance' | 'state' | 'api';
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Why nothing was looked at, where that is so, and what to set. */
  readonly skipped?: string;
}

export interface Report {
  readonly parts: readonly Part[];
  /** Commands that the database counted meanwhile; undefined where it doesn't tell. */
  readonly billedCommands: number | undefined;
}

export interface ExamineOptions extends Partial<Timing> {
  readonly env: Environment;
  /** Only what anybody can try on a database, Sluice's or not. */
  readonly isConformanceOnly?: boolean;
  /** Called once there is something to clear where the examination is cut off. */
  readonly onSide?: (side: RedisSide) => void;
}

/** Looks at all that the environment names, and changes nothing but scratch keys. */
export async function examine(options: ExamineOptions): Promise<Report> {
  const { env, isConformanceOnly = false } = options;
  const timed = { ...options, clock: options.clock ?? systemClock };
  const parts: Part[] = [];
  if (!isConformanceOnly) {
    const findings = await runChecks(SETTINGS_CHECKS, env);
    parts.push({ name: 'settings', title: 'The environment', findings });
  }
  const redis = await examineRedis(timed);
  parts.push(...redis.parts);
  if (!isConformanceOnly) parts.push(await examineApi(timed, redis.side));
  return { parts, billedCommands: redis.billedCommands };
}

/** Its side comes with it where Sluice's keys could be read there. */
async function examineRedis(
  options: ExamineOptions & Timing,
): Promise<Report & { readonly side?: RedisSide }> {
  const { env, isConformanceOnly, onSide } = options;
  const config = redisConfigIn(env);
  if (typeof config === 'string') {
    const part = { name: 'redis', title: 'Redis', findings: [], skipped: config } as const;
    return { parts: [part], billedCommands: undefined };
  }
  const side = redisSide(config, options);
  onSide?.(side);
  try {
    const title = `Redis at ${config.redisUrl}`;
    const reach = await runChecks(REACH_CHECKS, side);
    const parts: Part[] = [{ name: 'redis', title, findings: reach }];
    if (reach.some(({ kind, name }) => kind === 'wrong' && name !== 'encrypted')) {
      return { parts, billedCommands: undefined };
    }
    const before = await countOf(side).catch(() => undefined);
    const database = await runChecks([...DATABASE_CHECKS, BILLING_CHECK], side);
    parts[0] = { name: 'redis', title, findings: [...reach, ...database] };
    const tried = await runChecks(conformanceChecks(), side);
    parts.push({ name: 'conformance', title: 'Redis does what Sluice presumes', findings: tried });
    if (!isConformanceOnly) {
      const findings = await runChecks(STATE_CHECKS, side);
      parts.push({ name: 'state', title: 'Sluice in that Redis', findings });
    }
    await side.scratch.clear();
    const after = await countOf(side).catch(() => undefined);
    const isTold = before !== undefined && after !== undefined;
    const isReadable = parts.at(-1)?.findings.every(({ kind }) => kind !== 'skipped');
    const billed = isTold ? after - before : undefined;
    return { parts, billedCommands: billed, ...(isReadable && { side }) };
  } finally {
    await side.scratch.clear().catch(() => undefined);
  }
}

function redisConfigIn(env: Environment) {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  if (!url || !token) {
    return 'Set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, and SLUICE_PREFIX where the deployment has one.';
  }
  try {
    return readRedisConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return 'Not looked at: its variables are wrong, as said above.';
  }
}

async function examineApi(
  options: ExamineOptions & Timing,
  redis: RedisSide | undefined,
): Promise<Part> {
  const { SLUICE_URL: address, SLUICE_KEY: key } = options.env;
  const part = { name: 'api', title: 'The API', findings: [] } as const;
  if (!address || !key) {
    return { ...part, skipped: 'Set SLUICE_URL and SLUICE_KEY, best to a key with orders:admin.' };
  }
  const url = apiUrl(address);
  const faulty = (verdict: Verdict): Part => ({
    ...part,
    findings: [{ name: 'address', looksAt: 'SLUICE_URL and SLUICE_KEY', ...verdict }],
  });
  if (url === undefined) {
    return faulty(wrong('SLUICE_URL is no http or https address', 'Set it to the API’s address.'));
  }
  if (!isSendableKey(key)) {
    return faulty(wrong('SLUICE_KEY holds a character that no key has', 'Copy it anew.'));
  }
  const findings = await runChecks(API_CHECKS, apiSide({ ...options, url, key, redis }));
  return { ...part, title: `The API at ${url.href}`, findings };
}
