import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../lib/redis/client.ts';

/** What the keys of an examination begin with, whatever SLUICE_PREFIX is. */
export const SCRATCH_PREFIX = 'sluice-doctor:';
/** Each key is written with it, so that it goes even where this process is killed. */
export const SCRATCH_TTL_MS = 120_000;

/** Keys of a random prefix of their own: the only ones that doctor writes. */
export interface Scratch {
  readonly prefix: string;
  /** A key below the prefix, which `clear` deletes. */
  key(name: string): string;
  /** Deletes what was made since the last call; in one command, none where there is nothing. */
  clear(): Promise<void>;
}

export function scratchFor(client: RedisClient): Scratch {
  const prefix = `${SCRATCH_PREFIX}${randomUUID()}:`;
  const made = new Set<string>();
  return {
    prefix,
    key(name) {
      made.add(`${prefix}${name}`);
      return `${prefix}${name}`;
    },
    async clear() {
      if (made.size === 0) return;
      await client.once((redis) => redis.del(...made));
      made.clear();
    },
  };
}
