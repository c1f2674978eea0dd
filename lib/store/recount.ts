import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import { runScript } from './run-script.ts';
import { RECOUNT } from './scripts.ts';

/** The most ended segments of one recount: its script stays bounded. */
export const RECOUNT_SEGMENTS_MAX = 1_000;

/** Produced, canceled and leaving, as they are stored; empty where one is missing. */
export type Totals = readonly [produced: string, canceled: string, leaving: string];

export interface RecountRequest {
  /** As they were read, before the segments were. */
  readonly totals: Totals;
  /** The names of all ended segments, `RECOUNT_SEGMENTS_MAX` at most. */
  readonly segments: readonly string[];
  /** How many canceled orders were counted, and how many of them no drain had moved. */
  readonly canceled: number;
  readonly leaving: number;
  /** How many may have been canceled or moved while they were counted. */
  readonly uncertain: number;
  readonly isRepair: boolean;
}

/** Reads the running totals. One billed command. */
export async function totalsNow({ client, keys }: Store): Promise<Totals> {
  const totals: unknown = await client.repeatedly((redis) =>
    redis.hmget(keys.totals, 'produced', 'canceled', 'leaving'),
  );
  // HMGET answers with nothing if there is no hash.
  const [produced, canceled, leaving] = Array.isArray(totals) ? totals.map(textOf) : [];
  return [produced ?? '', canceled ?? '', leaving ?? ''];
}

function textOf(total: unknown): string {
  return String(total ?? '');
}

/**
 * Holds the running totals against the ended segments, and puts them right if it may repair. Does
 * nothing if they have changed since they were read.
 *
 * @returns whether they are right; if they have changed, what they are now
 * @throws StoreUnavailable, StoreFault
 */
export async function recount(
  { client: redis, keys }: Store,
  request: RecountRequest,
): Promise<{ kind: 'right' | 'wrong' } | { kind: 'changed'; totals: Totals }> {
  const { totals, segments, canceled, leaving, uncertain, isRepair } = request;
  const [found, ...now] = await runScript(redis, {
    script: RECOUNT,
    keys: [
      keys.totals,
      ...segments.map(segmentIn).map(({ client, segment }) => keys.ended(client, segment)),
    ],
    args: [...[canceled, leaving, uncertain].map(String), isRepair ? '1' : '0', ...totals],
  });
  if (found !== 2) return { kind: found === 1 ? 'wrong' : 'right' };
  const [produced = '', canceledNow = '', leavingNow = ''] = now.map(textOf);
  return { kind: 'changed', totals: [produced, canceledNow, leavingNow] };
}
