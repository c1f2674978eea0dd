import type { Claim } from '../store/claim.ts';
import { segmentOf } from '../store/keys.ts';
import { type Settlement, settleAndClaim } from '../store/settle.ts';
import type { Run } from './drain.ts';
import { errorPlace } from './error-place.ts';
import { ANSWER_GRACE_MS } from './produce-batch.ts';
import type { Erased, Step } from './settlements.ts';

const ERASE_AGAIN_MS = 60_000;

/**
 * Has orders erased downstream. A producer that cannot erase has nothing of them, or someone else has
 * to erase them there.
 *
 * @returns settlements for those that end by that. The others are settled here, by themselves: they
 *   are neither announced nor counted once more.
 */
export async function eraseDownstream(
  run: Run,
  claim: Claim,
  erased: readonly Erased[],
): Promise<Settlement[]> {
  if (erased.length === 0) return [];
  const { store, clock, log } = run;
  let isDone = true;
  try {
    await eraseInTime(
      run,
      erased.map(({ lease }) => lease.id),
    );
  } catch (error) {
    isDone = false;
    log('error', 'erase-failed', { orders: erased.length, ...errorPlace(error) });
  }
  const nowMs = clock.now();
  const settlementsOf = (some: readonly Erased[]) =>
    some.map((one) => erasureOf(one, isDone, { nowMs, claim }));
  const endsNow = ({ state }: Erased) => isDone && state?.segment === undefined;
  const settlements = settlementsOf(erased.filter((one) => !endsNow(one)));
  if (settlements.length > 0) {
    const { token } = claim;
    await settleAndClaim(store, { token, settlements, nowMs, isAnnounced: false }, undefined);
  }
  return settlementsOf(erased.filter(endsNow));
}

/** Half of the drain's time at most, also where a producer does not heed its signal: others wait. */
async function eraseInTime(
  { producer, clock, answerByMs }: Run,
  ids: readonly string[],
): Promise<void> {
  const timeIsUp = new AbortController();
  const late = Promise.withResolvers<never>();
  const eraseMs = (answerByMs - clock.now()) / 2;
  const context = { signal: timeIsUp.signal, deadlineMs: clock.now() + eraseMs };
  const cancels = [
    clock.after(eraseMs, () => timeIsUp.abort()),
    clock.after(eraseMs + ANSWER_GRACE_MS, () => late.reject(new Error('Out of time'))),
  ];
  try {
    await Promise.race([producer.erase?.(ids, context), late.promise]);
  } finally {
    for (const cancel of cancels) cancel();
  }
}

/** Once it was erased downstream, it goes to its ended segment; else it is tried again in a while. */
export function erasureOf(
  { lease, client, state }: Erased,
  isDone: boolean,
  { nowMs, claim }: Pick<Step, 'nowMs' | 'claim'>,
): Settlement {
  if (!isDone) return { lease, client, kind: 'pending', dueAtMs: nowMs + ERASE_AGAIN_MS };
  const { status = 'canceled', segment = segmentOf(claim.token) } = state ?? {};
  const kind = status === 'produced' ? 'produced' : 'canceled';
  const ended = { attempts: 0, updatedAtMs: nowMs, ...state, status: kind, segment } as const;
  return { lease, client, kind, segment, state: { ...ended, isErased: true } };
}
