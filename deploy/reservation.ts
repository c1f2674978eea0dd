import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda';
import { drainConcurrency } from './drains.ts';
import type { Stage } from './stage.ts';

/** How many functions an account may run at once, in a region. */
export interface Concurrency {
  readonly quota: number;
  /** What no function has reserved for itself. */
  readonly unreserved: number;
  /** What the stage's drain has reserved already. */
  readonly ofDrain: number;
}

/**
 * Asks AWS.
 *
 * @returns `undefined` where these credentials may not ask
 */
export async function concurrencyOf(
  config: LambdaClientConfig,
  drainFunction: string,
): Promise<Concurrency | undefined> {
  const client = new LambdaClient(config);
  try {
    const { AccountLimit = {} } = await client.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: quota, UnreservedConcurrentExecutions: unreserved } =
      AccountLimit;
    if (quota === undefined || unreserved === undefined) return undefined;
    return { quota, unreserved, ofDrain: await reservedBy(client, drainFunction) };
  } catch (error) {
    if (/AccessDenied/.test((error as Error).name)) return undefined;
    throw error;
  }
}

async function reservedBy(client: LambdaClient, FunctionName: string): Promise<number> {
  try {
    const found = await client.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    return found.ReservedConcurrentExecutions ?? 0;
  } catch (error) {
    if (/ResourceNotFound|AccessDenied/.test((error as Error).name)) return 0;
    throw error;
  }
}

export type Reservation =
  | { readonly kind: 'reserved'; readonly executions: number }
  | { readonly kind: 'none'; readonly warning: string }
  | { readonly kind: 'impossible'; readonly fault: string };

/** AWS keeps this many of an account's functions unreserved, or all if it has fewer. */
const UNRESERVED_MIN = 100;
const QUOTA_FOR_A_SALE = 1_000;

export const QUOTA_INCREASE =
  'aws service-quotas request-service-quota-increase --service-code lambda ' +
  `--quota-code L-B99A9384 --desired-value ${QUOTA_FOR_A_SALE}`;

/** Whether the drain gets concurrency of its own in this account. */
export function reservationFor(stage: Stage, account: Concurrency | undefined): Reservation {
  const executions = drainConcurrency(stage);
  const mode = stage.get('SLUICE_RESERVED');
  if (mode === 'off') return { kind: 'none', warning: '' };
  if (account === undefined) {
    if (mode === 'on') return { kind: 'reserved', executions };
    return { kind: 'none', warning: UNKNOWN };
  }
  const { quota, unreserved, ofDrain } = account;
  const isRoom = unreserved + ofDrain - executions >= Math.min(UNRESERVED_MIN, quota);
  if (isRoom) return { kind: 'reserved', executions };
  const found =
    `This account may run ${quota} Lambda functions at once in this region, ${unreserved} of them ` +
    `unreserved. AWS does not let the drain reserve ${executions}.`;
  if (mode === 'on') {
    return {
      kind: 'impossible',
      fault: `${found}\nSet SLUICE_RESERVED=auto, or ask for more:\n  ${QUOTA_INCREASE}`,
    };
  }
  return { kind: 'none', warning: `${found}\n${MEANING}\n  ${QUOTA_INCREASE}` };
}

const MEANING =
  'So the drain has no reservation. Everything works, but when all functions are busy, submits get a ' +
  '503 and drains wait. Before a sale, ask AWS for more:';

const UNKNOWN =
  'These credentials may not call lambda:GetAccountSettings, so it is unknown whether the drain can ' +
  'reserve concurrency. It runs without a reservation, and a rush of orders can delay it. If the ' +
  'account’s quota is 1,000 or more, set SLUICE_RESERVED=on.';
