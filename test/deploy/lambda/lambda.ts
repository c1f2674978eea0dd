import { randomUUID } from 'node:crypto';
import type { Account, LambdaFunction } from '../aws/account.ts';
import { authorize } from '../aws/policies.ts';
import { functionNamed } from '../aws/resources/compute.ts';
import { type FunctionPool, functionPool, type Start } from './function-pool.ts';
import type { Outcome } from './instance.ts';

export type Invoked = Outcome | { readonly kind: 'throttled' };

/** The functions of an account, running. */
export interface Lambda {
  /** By name or ARN. */
  invoke(functionName: string, payload: string): Promise<Invoked>;
  /** Queues an event for a function, as a schedule does. */
  invokeLater(functionName: string, payload: string): void;
  /** Settles once no event waits or runs. */
  settled(): Promise<void>;
  /** Of all instances, the latest last. */
  starts(): readonly Start[];
  /** Ends all instances; what was deployed stays and starts again when it is invoked. */
  end(): Promise<void>;
}

/** How long Lambda waits before the first and the second retry of an event. */
const RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULT_CONFIG = { retriesMax: 2, eventAgeMsMax: 21_600_000, onFailure: undefined };

/**
 * Runs functions out of the zips that were uploaded.
 *
 * @param url  where AWS is for them
 */
export function startLambda(account: Account, url: string): Lambda {
  const pools = new Map<LambdaFunction, FunctionPool>();
  const events = new Set<Promise<void>>();
  const ended: Start[] = [];

  async function invoke(functionName: string, payload: string): Promise<Invoked> {
    // A function that was deployed anew is another one: its old instances get nothing more.
    const invoked = functionNamed(account, functionName);
    const pool = pools.get(invoked) ?? functionPool(account, invoked, url);
    pools.set(invoked, pool);
    return pool.invoke(payload);
  }

  /** Retries at once, but counts the time that Lambda would have let pass. */
  async function handleEvent(invoked: LambdaFunction, payload: string): Promise<void> {
    const { retriesMax, eventAgeMsMax, onFailure } = invoked.invokeConfig ?? DEFAULT_CONFIG;
    let ageMs = 0;
    for (let failures = 0; ; ) {
      const outcome = await invoke(invoked.name, payload);
      if (outcome.kind === 'answered') return;
      if (outcome.kind === 'failed') failures += 1;
      ageMs += RETRY_DELAYS_MS[failures - 1] ?? 60_000;
      const isOver = failures > retriesMax;
      if (!isOver && ageMs < eventAgeMsMax) continue;
      const condition = isOver ? 'RetriesExhausted' : 'EventAgeExceeded';
      if (onFailure !== undefined) {
        const record = recordOf(invoked, { payload, outcome, condition, invocations: failures });
        sendTo(account, invoked, onFailure, record);
      }
      return;
    }
  }

  return {
    invoke,
    invokeLater(functionName, payload) {
      const handled = handleEvent(functionNamed(account, functionName), payload);
      const noted = handled.finally(() => events.delete(noted));
      events.add(noted);
    },
    async settled() {
      while (events.size > 0) await Promise.all(events);
    },
    starts: () => [...ended, ...[...pools.values()].flatMap((pool) => pool.starts)],
    async end() {
      for (const pool of pools.values()) {
        await pool.end();
        ended.push(...pool.starts);
      }
      pools.clear();
    },
  };
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function recordOf(
  { arn }: LambdaFunction,
  end: { payload: string; outcome: Invoked; condition: string; invocations: number },
): string {
  const { payload, outcome, condition, invocations } = end;
  return JSON.stringify({
    version: '1.0',
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: invocations,
    },
    requestPayload: JSON.parse(payload),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: outcome.kind === 'failed' ? outcome.error : undefined,
  });
}

function sendTo(account: Account, invoked: LambdaFunction, queueArn: string, record: string): void {
  const { name: caller, roleArn } = invoked;
  authorize(account, roleArn, { caller, action: 'sqs:SendMessage', resource: queueArn });
  const queue = account.queues.get(queueArn);
  if (queue === undefined) throw new Error(`The queue ${queueArn} does not exist`);
  queue.messages.push(record);
}
