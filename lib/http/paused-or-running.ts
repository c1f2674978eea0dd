import { formatInstant } from '../orders/instant.ts';
import type { Pause } from '../store/pause.ts';
import { problem } from './responses.ts';

/** Why a drain that was asked for does not begin: 409. */
export function pausedOrRunning(pause: Pause | undefined) {
  if (pause === undefined) return problem('drain-running', 'Another drain holds the lock.');
  const until = formatInstant(pause.untilMs);
  return problem('paused', `${pause.by} has paused the drains until ${until}.`);
}
