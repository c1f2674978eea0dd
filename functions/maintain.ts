import { withFields } from '../lib/log.ts';
import { totalOf } from '../lib/maintenance/findings.ts';
import { isSettled, reconcile } from '../lib/maintenance/reconcile.ts';
import { retain } from '../lib/maintenance/retention.ts';
import { scheduledFunction } from '../lib/runtime.ts';

const DAY_MS = 86_400_000;
/** What is kept free at the end: a page that is under way makes a few requests of 5 s at most. */
const END_MS = 30_000;

/**
 * The daily upkeep: first a pass that repairs, with three quarters of the time at most, then
 * retention. What the pass repairs was lost, and waiting for somebody to say so would only keep
 * orders waiting; and an order that waits again where its end was noted must be put right before
 * what has ended is forgotten.
 */
export const handler = await scheduledFunction((runtime) => {
  const { clock, config, metrics } = runtime;
  const store = runtime.storeForBatches();

  return async (_event, context) => {
    const log = withFields(runtime.log, { requestId: context.awsRequestId });
    const startMs = clock.now();
    const timeMs = context.getRemainingTimeInMillis() - END_MS;
    const passEndMs = startMs + 0.75 * timeMs;
    const retentionMs = config.retentionDays * DAY_MS;
    const options = { store, clock, isRepair: true, retentionMs, deadlineMs: passEndMs };
    const report = await reconcile(options);
    const { found, repaired, ...rest } = report;
    const foundTotal = totalOf(found);
    const repairedTotal = totalOf(repaired);
    metrics.measure('ReconcileUnrepaired', foundTotal - repairedTotal);
    metrics.measure('ReconcilePasses', report.isComplete ? 1 : 0);
    // Before retention, which may take long.
    metrics.flush();
    const level = !isSettled(report) ? 'error' : foundTotal > 0 ? 'warn' : 'info';
    log(level, 'reconciled', {
      found: foundTotal,
      repaired: repairedTotal,
      unrepaired: foundTotal - repairedTotal,
      kinds: found,
      ...rest,
    });

    const deadRetentionMs = config.deadRetentionDays * DAY_MS;
    const deadlineMs = startMs + timeMs;
    const retained = await retain({ store, clock, retentionMs, deadRetentionMs, deadlineMs });
    const isOrdinary = retained.isComplete && retained.lost === 0 && retained.kept === 0;
    log(isOrdinary ? 'info' : 'warn', 'retained', { ...retained });
    return { retained, report };
  };
});
