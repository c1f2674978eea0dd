import { formatInstant } from '../orders/instant.ts';
import type { PauseDocument, UpcomingDocument, UpkeepDocument } from './operator-schemas.ts';

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

/** What becomes due, in Unix milliseconds. */
interface Upcoming {
  readonly due: readonly (Omit<UpcomingDocument['due'][number], 'at'> & {
    readonly atMs: number;
  })[];
  readonly later: number;
}

/** What becomes due, as an operator reads it. */
export function upcomingDocument({ due, later }: Upcoming): UpcomingDocument {
  return { due: due.map(({ atMs, ...counts }) => ({ at: formatInstant(atMs), ...counts })), later };
}

/** The report of an upkeep as it is stored, in Unix milliseconds. */
type Upkeep = Pick<UpkeepDocument, 'isComplete' | 'orders' | 'accountedFor'> & {
  readonly startMs: number;
  readonly endMs: number;
  readonly found: Readonly<Record<string, number>>;
  readonly repaired: Readonly<Record<string, number>>;
  readonly listed: readonly { readonly kind: string; readonly id: string }[];
};

/** What the last upkeep came to, as an operator reads it. */
export function upkeepDocument({ startMs, endMs, listed, ...report }: Upkeep): UpkeepDocument {
  return {
    ...{ startedAt: formatInstant(startMs), endedAt: formatInstant(endMs) },
    ...report,
    listed: [...listed],
  };
}
