import { count, countOf, duration, hourAndMinute, rate } from '../format.ts';
import type { Situation } from './situation.ts';

/** Sentences that more than one verdict says. */

export function paceSentence({ pace }: Situation): string {
  return `In ${rate(pace.inPerMinute)}, out ${rate(pace.outPerMinute)}.`;
}

export function waiting({ stats }: Situation): string {
  const { queued, oldestQueuedAgeMs } = stats;
  if (queued === 0) return 'No order waits.';
  const age = oldestQueuedAgeMs === null ? '' : `, the oldest for ${duration(oldestQueuedAgeMs)}`;
  return `${countOf(queued, 'order')} wait${queued === 1 ? 's' : ''}${age}.`;
}

export function missingOf({ detail }: Situation): number {
  const { upkeep } = detail ?? {};
  return upkeep?.isComplete ? Math.max(0, upkeep.orders - upkeep.accountedFor) : 0;
}

/** Whether every order that was accepted is somewhere, by the last pass that looked at all of them. */
export function accounted(situation: Situation): string[] {
  const { upkeep } = situation.detail ?? {};
  if (!upkeep?.isComplete) return [];
  const { orders, accountedFor } = upkeep;
  const missing = missingOf(situation);
  const figures = `${count(accountedFor)} of ${count(orders)} accounted for`;
  const when = `at ${hourAndMinute(Date.parse(upkeep.endedAt), situation.nowMs)}`;
  return missing === 0
    ? [`Nothing is lost: ${figures} ${when}.`]
    : [
        `${countOf(missing, 'order')} ${missing === 1 ? 'is not where it' : 'are not where they'} should be: ${figures} ${when}.`,
      ];
}
