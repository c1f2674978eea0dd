import { systemClock } from '../lib/clock.ts';
import { type FindingKind, totalOf } from '../lib/maintenance/findings.ts';
import { isSettled, type ReconcileReport, reconcile } from '../lib/maintenance/reconcile.ts';
import { EXIT } from './failure.ts';
import { grouped } from './money.ts';
import { ofRedis, redisStore } from './redis-store.ts';
import { countOf, json } from './report.ts';
import { printable, table } from './text.ts';

export interface ReconcileFlags {
  readonly repair?: true;
  readonly thorough?: true;
  readonly json?: true;
}

/**
 * `reconcile`: one pass over the orders in Redis itself, which no route of the API offers.
 *
 * @returns the exit code: 0 if nothing is left to look into
 * @throws CommandFailure if the settings are wrong or Redis fails
 */
export async function reconcileCommand(
  env: Readonly<Record<string, string | undefined>>,
  flags: ReconcileFlags,
): Promise<number> {
  const { store, prefix } = redisStore(env);
  const options = { isRepair: flags.repair === true, isThorough: flags.thorough === true };
  const pass = reconcile({ store, clock: systemClock, ...options });
  const report = await ofRedis(pass, 'The pass did not finish.');
  process.stdout.write(flags.json ? json({ prefix, ...report }) : text(report, prefix, flags));
  return isSettled(report) ? EXIT.done : EXIT.failed;
}

const MEANING: Record<FindingKind, string> = {
  stranded: 'in no place, so it would never be produced, listed or forgotten',
  misplaced: 'in a place where, by its own record, it does not belong',
  leased: 'still leased although it has been settled',
  unserved: 'a client whose orders no drain would have looked at in time',
  uncatalogued: 'ended orders that no list shows',
  counter: 'a counter that would have given the same number out twice',
  totals: 'totals that do not match the orders',
  stock: 'stock other than what orders have reserved and taken',
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
