import type { Keys } from '../../lib/redis/keys.ts';

/** What type each key of Sluice has where it is there; `lib/redis/keys.ts` says what it holds. */
export function typesOf(keys: Keys, orderIds: readonly string[]): Map<string, string> {
  const { index, queue, pending, owners, fence, dead, finished, canceled } = keys;
  const { number, redrive, events, eventsRefused } = keys;
  const types: [string, readonly string[]][] = [
    ['zset', [index, pending, dead, finished, canceled]],
    ['list', [queue, events, eventsRefused]],
    ['hash', [owners, ...orderIds.map((id) => keys.order(id))]],
    ['string', [fence, number, redrive]],
  ];
  return new Map(types.flatMap(([type, names]) => names.map((name) => [name, type] as const)));
}
