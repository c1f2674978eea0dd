import { choice, named, type SettingRow, text, whole, wholeOrOff } from './settings.ts';

/** What a client may use in place of what all others may. */
export type OwnLimits = { readonly [Name in keyof typeof OWN_LIMITS]?: number };

/** The least and the most of each. */
const OWN_LIMITS = {
  queued: [1, 1_500_000],
  scheduled: [1, 500_000],
  storageShare: [1, 100],
  ordersPerMinute: [1, 1_000_000],
} as const;

function ownLimitsIn(json: string): ReadonlyMap<string, OwnLimits> | undefined {
  try {
    const clients = Object.entries(JSON.parse(json) as Record<string, OwnLimits>);
    return clients.every(([, limits]) => areLimits(limits)) ? new Map(clients) : undefined;
  } catch {
    return undefined;
  }
}

function areLimits(limits: unknown): boolean {
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return false;
  return Object.entries(limits).every(([name, value]) => {
    const [least, most] = Object.hasOwn(OWN_LIMITS, name)
      ? OWN_LIMITS[name as keyof typeof OWN_LIMITS]
      : [1, 0];
    return Number.isInteger(value) && value >= least && value <= most;
  });
}

/**
 * The settings that every function reads: default, limits, and where each is used. All settings together,
 * with what they mean, are in `deploy/settings-table.ts`; those that only shape the template are there
 * alone, so that no bundle has them.
 */
export const QUEUE = named({
  SLUICE_PREFIX: text('functions', /^[A-Za-z0-9._:-]{1,64}$/, {
    rule: 'up to 64 of A-Z, a-z, 0-9 and ._:-',
  }),
  SLUICE_BATCH_SIZE: whole('functions', 500, [1, 500]),
  SLUICE_DRAIN_LANES: whole('functions', 2, [1, 2]),
  SLUICE_LEASE_MS: whole('functions', 30_000, [1_000, 900_000]),
  SLUICE_ATTEMPTS_MAX: whole('functions', 24, [1, 100]),
  // Redis uses about 40 bytes for an id in a queue: 60 MB at most, of the 100 MB a record may hold.
  SLUICE_QUEUE_MAX: whole('functions', 1_000_000, [1, 1_500_000]),
  SLUICE_SCHEDULED_MAX: whole('functions', 100_000, [1, 500_000]),
  // Upstash's free plan has 256 MB.
  SLUICE_STORAGE_MB: whole('functions', 256, [16, 10_000_000]),
  SLUICE_STORAGE_SHARE: whole('functions', 50, [1, 100]),
  SLUICE_CLIENT_LIMITS: {
    usedBy: 'functions',
    byDefault: '{}',
    rule: 'JSON such as {"shop": {"storageShare": 80}}, with `queued`, `scheduled`, `storageShare` (percent) or `ordersPerMinute`',
    parse: ownLimitsIn,
  } satisfies SettingRow<ReadonlyMap<string, OwnLimits>>,
  SLUICE_REDRIVES_PER_SECOND: whole('functions', 100, [1, 1_000]),
  SLUICE_RETENTION_DAYS: whole('functions', 30, [1, 3_650]),
  SLUICE_DEAD_RETENTION_DAYS: wholeOrOff('functions', [1, 3_650]),
  SLUICE_RATE_LIMIT: wholeOrOff('functions', [1, 1_000_000]),
});

export const STOCK = named({
  SLUICE_STOCK: choice('functions', ['off', 'on']),
  SLUICE_SOLD_OUT_MS: { ...wholeOrOff('functions', [100, 10_000]), byDefault: '1000' },
});

export const WAKING = named({
  SLUICE_WAKE_INTERVAL_MS: wholeOrOff('submits', [100, 30_000]),
});

export const TOKENS = named({
  SLUICE_JWT_ISSUER: text('functions', /^https:\/\/[^\s?#]+$/, {
    rule: 'the https URL of the issuer',
  }),
  SLUICE_JWT_AUDIENCE: text('functions', /^[\x21-\x7e]+$/, {
    rule: 'a text without spaces',
  }),
  SLUICE_JWT_SCOPE_PREFIX: text('functions', /^[\x21-\x7e]+$/, {
    rule: 'a text without spaces',
  }),
  SLUICE_JWT_CLIENT_CLAIM: text('functions', /^[A-Za-z0-9_.:/-]{1,128}$/, {
    rule: 'the name of a claim',
  }),
});
