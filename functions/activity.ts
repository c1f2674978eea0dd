import type { Activity } from '../lib/contract/activity-schemas.ts';
import { ACTIVITY_DAYS, activityQuerySchema, STEPS_MAX } from '../lib/contract/operator-queries.ts';
import { checkedQuery } from '../lib/http/checked-query.ts';
import { json, problem } from '../lib/http/responses.ts';
import { activityOf, stepsOf } from '../lib/operate/activity.ts';
import { parseInstant } from '../lib/orders/instant.ts';
import { httpFunction } from '../lib/runtime.ts';
import { drainsBetween } from '../lib/store/activity.ts';

const HOUR_MS = 3_600_000;
const RANGE_MS_MAX = ACTIVITY_DAYS * 24 * HOUR_MS;
/** How long before the first step a drain is looked for that tells the depth: one is noted in five minutes. */
const BEFORE_MS = 10 * 60_000;

/** GET /activity: 200 with what the drains did, step by step; 400 and 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForBatches, route }) => {
  const store = storeForBatches();

  return route({ scope: 'orders:admin' }, async (request) => {
    const asked = checkedQuery(request.query, activityQuerySchema);
    if (asked.kind === 'refused') return asked.response;
    const { from, to, step } = asked.query;
    const toMs = (to === undefined ? undefined : parseInstant(to)) ?? clock.now() + 1;
    const fromMs = (from === undefined ? undefined : parseInstant(from)) ?? toMs - HOUR_MS;
    const fault = faultOf(fromMs, toMs, step);
    if (fault !== undefined) return problem('invalid-query', fault);
    const steps = stepsOf(fromMs, toMs, step);
    const noted = await drainsBetween(store, steps.fromMs - BEFORE_MS, steps.toMs);
    return json(200, activityOf(noted, steps) satisfies Activity);
  });
});

function faultOf(fromMs: number, toMs: number, stepMinutes: number): string | undefined {
  if (fromMs >= toMs) return 'from: Must be before to.';
  if (toMs - fromMs > RANGE_MS_MAX) return `from: Must be ${ACTIVITY_DAYS} days before to at most.`;
  const isTooFine = (toMs - fromMs) / (stepMinutes * 60_000) > STEPS_MAX;
  return isTooFine ? `step: Must divide the time into ${STEPS_MAX} steps at most.` : undefined;
}
