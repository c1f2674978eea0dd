import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import { runScript } from './run-script.ts';
import { RECOUNT } from './scripts.ts';

/** The most ended segments of one recount: its script stays bounded. */
export const RECOUNT_SEGMENTS_MAX = 1_000;

export interface RecountRequest {
  /** The names of all ended segments, `RECOUNT_SEGMENTS_MAX` at most. */
  readonly segments: readonly string[];
  /** How many canceled orders were counted, and how many of them no drain had moved. */
  readonly canceled: number;
  readonly leaving: number;
  /** How many were canceled or moved too lately to say whether they count. */
  readonly uncertain: number;
  readonly isRepair: boolean;
}

/**
 * Holds the running totals against the ended segments, and puts them right if it may repair.
 *
 * @returns whether they were right
 * @throws StoreUnavailable, StoreFault
 */
export async function recount(
  { client: redis, keys }: Store,
  request: RecountRequest,
): Promise<boolean> {
  const { segments, canceled, leaving, uncertain, isRepair } = request;
  const [isOff] = await runScript(redis, {
    script: RECOUNT,
    keys: [
      keys.totals,
      ...segments.map(segmentIn).map(({ client, segment }) => keys.ended(client, segment)),
    ],
    args: [...[canceled, leaving, uncertain].map(String), isRepair ? '1' : '0'],
  });
  return isOff !== 1;
}
