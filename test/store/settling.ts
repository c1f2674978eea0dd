import { erasureOf } from '../../lib/drain/erase-downstream.ts';
import { settlementOf, sortOut } from '../../lib/drain/settlements.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import type { Claim } from '../../lib/store/claim.ts';
import type { Store } from '../../lib/store/connection.ts';
import { readStored } from '../../lib/store/read.ts';
import { type Settlements, settleAndClaim } from '../../lib/store/settle.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, submitAll } from '../support/store.ts';

export const LATER_MS = NOW_MS + 60_000;
export const HOLDER = 'holder';

const idsOf = (orders: readonly { id: string }[]) => orders.map(({ id }) => id);

/** Submits orders of one client: some ready, some scheduled. */
export async function submitted(store: Store, client: string, ready: number, scheduled = 0) {
  const orders = [
    ...Array.from({ length: ready }, (_, at) => newOrder(`ready-${at}`, { client })),
    ...Array.from({ length: scheduled }, (_, at) =>
      newOrder(`later-${at}`, { client, submission: { produceAtMs: LATER_MS } }),
    ),
  ];
  await submitAll(store, orders);
  return idsOf(orders);
}

/** The settlements of a claim, as a drain makes them of a producer's answers. */
export async function settlementsOf(
  store: Store,
  claim: Claim,
  answerOf: (id: string) => ProducerAnswer = () => ({ kind: 'produced', orderNumber: 'next' }),
  { nowMs = NOW_MS + 2_000, attemptsMax = 3, isAnnounced = true } = {},
): Promise<Settlements> {
  const stored = await readStored(store, idsOf(claim.leases));
  const step = { nowMs, random: 0.5, attemptsMax, claim };
  const settlements = claim.leases.map((lease, at) => {
    const outcome = sortOut(lease, stored[at] ?? { record: null, state: null }, step);
    if (outcome.kind === 'settle') return outcome.settlement;
    if (outcome.kind === 'erase') return erasureOf(outcome.erased, true, step);
    return settlementOf(outcome.claimed, answerOf(lease.id), step);
  });
  return { token: claim.token, settlements, nowMs, isAnnounced };
}

/** Claims what is ready and settles it with one answer for all. */
export async function settled(
  store: Store,
  answer: ProducerAnswer = { kind: 'produced' },
  nowMs = NOW_MS + 1_000,
) {
  const claim = await claimReady(store, { nowMs, holder: HOLDER, ordersMax: 500 });
  const settlements = await settlementsOf(store, claim, () => answer, { nowMs });
  await settleAndClaim(store, settlements, undefined);
  return idsOf(claim.leases);
}
