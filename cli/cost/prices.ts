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

/**
 * Upstash's free plan is a plan of its own: a database that stays within it costs nothing, and one
 * that does not is paid by the command from the first one on.
 */
export const UPSTASH_FREE_PLAN = {
  commands: 500_000,
  storageGb: 0.256,
  source: UPSTASH,
  asOf: '2026-11-09',
} as const;

/** What so many units cost in a month, in dollars. */
export function dollarsFor(name: Priced, units: number, isFreeTier: boolean): number {
  const { dollars, per, free } = PRICES[name];
  return (Math.max(0, units - (isFreeTier ? free : 0)) * dollars) / per;
}
