import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../lib/store/connection.ts';
import { type Keys, keysWith } from '../../lib/store/keys.ts';

/** What the keys of an examination begin with, whatever SLUICE_PREFIX is. */
const SCRATCH_PREFIX = 'sluice-doctor:';
/** Keys are written with it where that can be, so that they go even if this process is killed. */
export const SCRATCH_TTL_MS = 120_000;

/** Keys of a random prefix of their own: the only ones that doctor writes. */
export interface Scratch {
  readonly prefix: string;
  /** A key below the prefix, which `clear` deletes. */
  key(name: string): string;
  /** Sluice's own keys below the prefix, which `clear` deletes too. Scripts write them without a TTL. */
  readonly keys: Keys;
  /** Deletes what was made since the last call; in one command, none where there is nothing. */
  clear(): Promise<void>;
}

export function scratchFor(client: RedisClient): Scratch {
  const prefix = `${SCRATCH_PREFIX}${randomUUID()}:`;
  const made = new Set<string>();
  return {
    prefix,
    keys: noting(keysWith(prefix), (key) => made.add(key)),
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

/** The same keys, where each that is asked for is noted. */
function noting(keys: Keys, note: (key: string) => void): Keys {
  const noted = (key: string) => {
    note(key);
    return key;
  };
  return new Proxy(keys, {
    get(all, name) {
      const key: unknown = Reflect.get(all, name);
      if (name === 'parse' || name === 'pattern') return key;
      if (typeof key !== 'function') return noted(String(key));
      return (...of: unknown[]) => noted(key(...of));
    },
  });
}
