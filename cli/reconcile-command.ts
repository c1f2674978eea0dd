import { systemClock } from '../lib/clock.ts';
import { readRedisConfig } from '../lib/config.ts';
import {
  isSettled,
  type ReconcileReport,
  reconcile,
  totalOf,
} from '../lib/maintenance/reconcile.ts';
import { StoreFault, StoreUnavailable } from '../lib/queue/errors.ts';
import type { FindingKind } from '../lib/queue/maintenance-store.ts';
import { connect } from '../lib/redis/client.ts';
import { keysWith } from '../lib/redis/keys.ts';
import { maintenanceStore } from '../lib/redis/maintenance-store.ts';
import { ConfigError } from '../lib/settings.ts';
import { EXIT, Failure, usageFailure } from './failure.ts';
import { grouped } from './money.ts';
import { printable, table } from './text.ts';

export interface ReconcileFlags {
  readonly repair?: true;
  readonly thorough?: true;
  readonly json?: true;
}

/** A pass is long and makes many requests: one that fails is sent again, a few times. */
const TIMEOUT_MS = 5_000;
const SENDS_MAX = 5;

/**
 * `reconcile`: one pass over the orders in Redis itself, which no route of the API offers.
 *
 * @returns the exit code: 0 where nothing is left to see to
 * @throws Failure where the settings are wrong or Redis fails
 */
export async function reconcileCommand(
  env: Readonly<Record<string, string | undefined>>,
  flags: ReconcileFlags,
): Promise<number> {
  const { redisUrl: url, redisToken: token, prefix } = settingsIn(env);
  const random = Math.random;
  const client = connect({ url, token, timeoutMs: TIMEOUT_MS, sendsMax: SENDS_MAX, random });
  const store = maintenanceStore(client, keysWith(prefix));
  const report = await passOver(() =>
    reconcile({
      store,
      clock: systemClock,
      isRepair: flags.repair === true,
      isThorough: flags.thorough === true,
    }),
  );
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ prefix, ...report }, null, 2)}\n`
      : text(report, prefix, flags),
  );
  return isSettled(report) ? EXIT.done : EXIT.failed;
}

function settingsIn(env: Readonly<Record<string, string | undefined>>) {
  try {
    return readRedisConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageFailure(
      `${error.message}\nThis command talks to Redis itself: it needs the environment that the functions\n` +
        'were deployed with. For the local stack, npm start prints what to export.',
    );
  }
}

async function passOver(run: () => Promise<ReconcileReport>): Promise<ReconcileReport> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StoreFault)) throw error;
    const message =
      `${error.message}. The pass did not come to its end: run it again, or look whether\n` +
      'UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN are the database’s. The local stack has new\n' +
      'ones at each start.';
    throw new Failure(message, { cause: error });
  }
}

const MEANING: Record<FindingKind | 'counter', string> = {
  unindexed: 'not in the index',
  unplaced: 'ended, and not where such orders are',
  surplus: 'in a place that its status rules out',
  endless: 'leased for ever',
  stranded: 'waits, and nothing would ever claim it',
  counter: 'a counter behind what orders bear',
  lost: 'its hash is gone: its client’s repeat brings it back, unless it had ended',
  broken: 'cannot be read',
};

function text(report: ReconcileReport, prefix: string, flags: ReconcileFlags): string {
  const { orders, found, repaired, unknown, listed } = report;
  const under = prefix === '' ? 'no prefix' : `the prefix "${prefix}"`;
  const head = `${grouped(orders)} ${orders === 1 ? 'order' : 'orders'}, under ${under}: `;
  const left = unknown > 0 ? `${grouped(unknown)} of a newer version, left alone.\n` : '';
  if (totalOf(found) === 0) return `${head}each is where it must be.\n${left}`;
  const kinds = Object.entries(MEANING).filter(([kind]) => kind in found);
  const rows = kinds.map(([name, meaning]) => {
    const kind = name as FindingKind;
    return [name, grouped(found[kind] ?? 0), grouped(repaired[kind] ?? 0), meaning];
  });
  const ids = listed.map(({ kind, id, acceptedAtMs }) => {
    const accepted = acceptedAtMs === undefined ? '' : new Date(acceptedAtMs).toISOString();
    return [kind, printable(id), accepted];
  });
  const isMore =
    totalOf(found) > listed.length ? `... and more: ${listed.length} are listed.\n` : '';
  const next = flags.repair ? '' : '\nNothing was changed. --repair repairs what can be.\n';
  return [
    `${head}${grouped(totalOf(found))} findings.\n`,
    left,
    `\n${table([['kind', 'found', 'repaired', ''], ...rows])}`,
    `\n${table([['kind', 'id', 'accepted'], ...ids])}${isMore}`,
    next,
  ].join('');
}
