import { randomUUID } from 'node:crypto';
import { type RedriveBody, redriveSchema } from '../lib/contract/operator-queries.ts';
import type { Redriven } from '../lib/contract/operator-schemas.ts';
import { redriveOldest, redriveThese } from '../lib/drain/redrive.ts';
import { notRedriven, refusedChange } from '../lib/http/changes.ts';
import { type CheckedBody, checkedBody } from '../lib/http/checked-body.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import type { RedriveAnswer } from '../lib/store/redrive.ts';

const LIMIT_DEFAULT = 100;
/** No body means all defaults. */
const NO_BODY: CheckedBody<RedriveBody> = { kind: 'body', value: {} };

/** POST /dead-letters/redrive: 202 with the number put back; 400, 413, 415, 503 as problems. */
export const handler = await httpFunction(({ clock, config, storeForBatches, route }) => {
  const store = storeForBatches();

  return route({ scope: 'orders:admin', audit: 'redrive' }, async (request) => {
    const body =
      request.body === '' ? NO_BODY : checkedBody(request, redriveSchema, 'invalid-redrive');
    if (body.kind === 'refused') return body.response;
    const { ids, limit = LIMIT_DEFAULT, ordersPerSecond = config.redrivesPerSecond } = body.value;
    const pace = { pauseMs: 1_000 / ordersPerSecond, redriveId: randomUUID() };
    if (ids === undefined) {
      const redriven = await redriveOldest(store, { limit, ...pace }, clock.now());
      return answered({ redriven });
    }
    const answers = await redriveThese(store, { ids, ...pace }, clock.now());
    const redriven = answers.filter(({ kind }) => kind === 'redriven').length;
    return answered({ redriven, results: answers.map((answer, at) => resultOf(ids[at], answer)) });
  });
});

function answered(redriven: Redriven) {
  return { ...json(202, redriven), audit: { redriven: redriven.redriven } };
}

function resultOf(id = '', answer: RedriveAnswer) {
  if (answer.kind === 'redriven') return { id, status: 202 } as const;
  return refusedChange(id, notRedriven(answer));
}
