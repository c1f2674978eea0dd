/**
 * Every price that `sluice cost` uses, and nothing else knows one. Dollars, without tax; AWS in
 * us-east-1, where most regions cost as much or up to a fifth more. No price was read from a bill.
 */
export interface Price {
  readonly dollars: number;
  /** So many units cost `dollars`. */
  readonly per: number;
  /** Units of each month that are free for ever; what is free for a first year is not counted. */
  readonly free: number;
  readonly unit: string;
  /** Whose word it is. */
  readonly source: string;
  /**
   * The day of the state that was read: the day on which the vendor's page or price list was
   * captured by who quotes it, all of them looked up on 2026-11-22.
   */
  readonly asOf: string;
  /** Where the vendor's own figure could not be seen, and others quote it. */
  readonly isSecondHand?: true;
}

export const LOOKED_UP_ON = '2026-11-22';

const UPSTASH = 'https://upstash.com/pricing/redis';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';

export const PRICES = {
  upstashCommands: {
    dollars: 0.2,
    per: 100_000,
    free: 0,
    unit: 'commands',
    source: UPSTASH,
    asOf: '2026-11-09',
  },
  upstashStorage: {
    dollars: 0.25,
    per: 1,
    free: 1,
    unit: 'GB',
    source: UPSTASH,
    asOf: '2026-09-20',
  },
  apiRequests: {
    dollars: 1,
    per: 1_000_000,
    free: 0,
    unit: 'requests',
    source: 'https://aws.amazon.com/api-gateway/pricing/',
    asOf: '2026-09-20',
  },
  lambdaRequests: {
    dollars: 0.2,
    per: 1_000_000,
    free: 1_000_000,
    unit: 'requests',
    source: LAMBDA,
    asOf: '2025-10-01',
  },
  /** arm64, the first 7.5 billion of a month. */
  lambdaGbSeconds: {
    dollars: 0.0000133334,
    per: 1,
    free: 400_000,
    unit: 'GB-s',
    source: LAMBDA,
    asOf: '2025-10-01',
    isSecondHand: true,
  },
  logs: {
    dollars: 0.5,
    per: 1,
    free: 5,
    unit: 'GB',
    source: CLOUDWATCH,
    asOf: '2026-06-13',
    isSecondHand: true,
  },
  metrics: {
    dollars: 0.3,
    per: 1,
    free: 10,
    unit: 'metrics',
    source: CLOUDWATCH,
    asOf: '2026-02-15',
    isSecondHand: true,
  },
  secrets: {
    dollars: 0.4,
    per: 1,
    free: 0,
    unit: 'secrets',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    asOf: '2026-06-13',
    isSecondHand: true,
  },
  secretReads: {
    dollars: 0.05,
    per: 10_000,
    free: 0,
    unit: 'reads',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    asOf: '2026-06-13',
    isSecondHand: true,
  },
  sqsRequests: {
    dollars: 0.4,
    per: 1_000_000,
    free: 1_000_000,
    unit: 'requests',
    source: 'https://aws.amazon.com/sqs/pricing/',
    asOf: '2026-03-14',
    isSecondHand: true,
  },
  /** Of 1 KB each, on demand. */
  dynamoWrites: {
    dollars: 0.625,
    per: 1_000_000,
    free: 0,
    unit: 'writes',
    source: DYNAMODB,
    asOf: '2025-07-21',
    isSecondHand: true,
  },
  dynamoStorage: {
    dollars: 0.25,
    per: 1,
    free: 25,
    unit: 'GB',
    source: DYNAMODB,
    asOf: '2020-12-27',
    isSecondHand: true,
  },
} as const satisfies Record<string, Price>;

export type Priced = keyof typeof PRICES;

/** The plans without a price per command. A read region costs `regionDollars` more. */
export const UPSTASH_PLANS = {
  free: {
    commands: 500_000,
    storageGb: 0.256,
    dollars: 0,
    regionDollars: Number.POSITIVE_INFINITY,
  },
  'fixed 250 MB': plan(0.25, 10),
  'fixed 1 GB': plan(1, 20),
  'fixed 5 GB': plan(5, 100),
  'fixed 10 GB': plan(10, 200),
  'fixed 50 GB': plan(50, 400),
  'fixed 100 GB': plan(100, 800),
  'fixed 500 GB': plan(500, 1_500),
} as const;

function plan(storageGb: number, dollars: number) {
  return { commands: Number.POSITIVE_INFINITY, storageGb, dollars, regionDollars: dollars / 2 };
}

export type UpstashPlan = keyof typeof UPSTASH_PLANS | 'pay as you go';

export interface UpstashUse {
  readonly commands: number;
  readonly storageGb: number;
  readonly readRegions: number;
}

/** The cheapest plan for a month, as Upstash sells it to any design. */
export function upstashPlan(
  { commands, storageGb, readRegions }: UpstashUse,
  isFreeTier: boolean,
): { readonly plan: UpstashPlan; readonly dollars: number } {
  // Every write is billed once more for each read region; nearly all of these commands write.
  const payg =
    dollarsFor('upstashCommands', commands * (1 + readRegions), isFreeTier) +
    dollarsFor('upstashStorage', storageGb, isFreeTier) * (1 + readRegions);
  const offers = Object.entries(UPSTASH_PLANS).flatMap(([name, one]) => {
    const isEnough = commands <= one.commands && storageGb <= one.storageGb;
    if (!isEnough || (name === 'free' && (!isFreeTier || readRegions > 0))) return [];
    const regions = readRegions === 0 ? 0 : readRegions * one.regionDollars;
    return [{ plan: name as UpstashPlan, dollars: one.dollars + regions }];
  });
  const all = [...offers, { plan: 'pay as you go' as const, dollars: payg }];
  return all.reduce((best, one) => (one.dollars < best.dollars ? one : best));
}

/** What so many units cost in a month, in dollars. */
export function dollarsFor(name: Priced, units: number, isFreeTier: boolean): number {
  const { dollars, per, free } = PRICES[name];
  return (Math.max(0, units - (isFreeTier ? free : 0)) * dollars) / per;
}
