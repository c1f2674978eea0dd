import { systemClock } from '../lib/clock.ts';
import { readRedisConfig } from '../lib/config.ts';
import { type FindingKind, totalOf } from '../lib/maintenance/findings.ts';
import { isSettled, type ReconcileReport, reconcile } from '../lib/maintenance/reconcile.ts';
import { ConfigError } from '../lib/settings.ts';
import { connect } from '../lib/store/connection.ts';
import { StoreFault, StoreUnavailable } from '../lib/store/errors.ts';
import { keysWith } from '../lib/store/keys.ts';
import { EXIT, Failure, usageFailure } from './failure.ts';
import { grouped } from './money.ts';
import { countOf } from './report.ts';
import { printable, table } from './text.ts';

export interface ReconcileFlags {
  readonly repair?: true;
  readonly thorough?: true;
  readonly json?: true;
}

/** A pass makes many requests, so each is sent again a few times if it fails. */
const TIMEOUT_MS = 5_000;
const SENDS_MAX = 5;

/**
 * `reconcile`: one pass over the orders in Redis itself, which no route of the API offers.
 *
 * @returns the exit code: 0 if nothing is left to look into
 * @throws Failure if the settings are wrong or Redis fails
 */
export async function reconcileCommand(
  env: Readonly<Record<string, string | undefined>>,
  flags: ReconcileFlags,
): Promise<number> {
  const { redisUrl: url, redisToken: token, prefix } = settingsIn(env);
  const random = Math.random;
  const client = connect({ url, token, timeoutMs: TIMEOUT_MS, sendsMax: SENDS_MAX, random });
  const store = { client, keys: keysWith(prefix) };
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
      `${error.message}\nThis command talks to Redis directly, so it needs the settings that the functions were\n` +
        'deployed with: --stage reads those of a deployment, and npm start prints those of the local stack.',
    );
  }
}

async function passOver(run: () => Promise<ReconcileReport>): Promise<ReconcileReport> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StoreFault)) throw error;
    const message =
      `${error.message}. The pass did not finish. Run it again, or check that\n` +
      'UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN are those of the database. The local stack has\n' +
      'new ones after each start.';
    throw new Failure(message, { cause: error });
  }
}

const MEANING: Record<FindingKind, string> = {
  stranded: 'in no place, so it would never be produced, listed or forgotten',
  misplaced: 'in a place where, by its own record, it does not belong',
  leased: 'still leased although it has been settled',
  unserved: 'a client whose orders no drain would have looked at in time',
  uncatalogued: 'ended orders that no list shows',
  counter: 'a counter that would have given the same number out twice',
  totals: 'totals that do not match the orders',
  lost: 'its record is gone; unless it had ended, it comes back when its client submits it again',
  broken: 'its record cannot be read',
};

function text(report: ReconcileReport, prefix: string, flags: ReconcileFlags): string {
  const { orders, found, repaired, listed } = report;
  const under = prefix === '' ? 'no prefix' : `the prefix "${prefix}"`;
  const head = `Checked ${countOf(orders, 'order')} under ${under}: `;
  if (totalOf(found) === 0) return `${head}all are where they belong.\n`;
  const kinds = Object.keys(MEANING).filter((kind) => kind in found) as FindingKind[];
  const rows = kinds.map((kind) => [
    kind,
    grouped(found[kind] ?? 0),
    grouped(repaired[kind] ?? 0),
    MEANING[kind],
  ]);
  const ids = listed.map(({ kind, id }) => [kind, printable(id)]);
  const isMore =
    totalOf(found) > listed.length ? `Only the first ${listed.length} are listed.\n` : '';
  const next = flags.repair
    ? ''
    : '\nNothing was changed. Add --repair to repair what can be repaired.\n';
  return [
    `${head}${countOf(totalOf(found), 'finding')}.\n`,
    `\n${table([['kind', 'found', 'repaired', 'meaning'], ...rows])}`,
    `\n${table([['kind', 'id'], ...ids])}${isMore}`,
    next,
  ].join('');
}
