import { formatInstant } from '../orders/instant.ts';
import type { PauseDocument } from './operator-schemas.ts';

/** A pause as it is stored, in Unix milliseconds. */
interface Pause {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A pause as an operator reads it. */
export function pauseDocument({ by, reason, sinceMs, untilMs }: Pause): PauseDocument {
  return {
    by,
    ...(reason !== undefined && { reason }),
    since: formatInstant(sinceMs),
    until: formatInstant(untilMs),
  };
}
