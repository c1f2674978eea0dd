import type { Limited } from '../../lib/intake/client-limits.ts';

/** Limits that no test comes near, but for those that it sets. */
export function limits(overrides: Partial<Limited> = {}): Limited {
  return {
    ...{ queueMax: 1_000, scheduledMax: 1_000, rateLimit: 0, clientLimits: new Map() },
    ...{ storageBytes: 1_000_000_000, storageShare: 50 },
    ...overrides,
  };
}
