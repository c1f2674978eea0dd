import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { concurrencyOf, QUOTA_INCREASE } from '../deploy/reservation.ts';
import { systemClock } from '../lib/clock.ts';
import type { Warm, WarmUp } from '../lib/warm.ts';
import { told } from './deployment/aws-faults.ts';
import { CommandFailure, EXIT } from './failure.ts';
import { warm } from './warm.ts';

export interface WarmFlags {
  readonly stage: string;
  readonly region: string;
  readonly count: number;
  readonly function: string;
}

/**
 * `warm`: starts instances ahead of a rush.
 *
 * @returns the exit code: 1 where not all have answered
 */
export async function warmCommand(flags: WarmFlags): Promise<number> {
  const { stage, region, count } = flags;
  const name = `sluice-${stage}-${flags.function}`;
  await checkQuota(flags);
  const found = await warm(count, invokerOf(name, { region, count }), systemClock);
  const { answered, instances, failures } = found;
  process.stdout.write(
    `${answered} of ${count} answered, from ${instances} instances of ${name}.\n`,
  );
  for (const [why, times] of Object.entries(failures)) process.stdout.write(`${times}: ${why}\n`);
  process.stdout.write(
    'Lambda keeps idle instances for some minutes: run it just before the rush.\n',
  );
  return answered === count ? EXIT.done : EXIT.failed;
}

async function checkQuota({ region, stage, count }: WarmFlags): Promise<void> {
  const account = await told(concurrencyOf({ region }, `sluice-${stage}-drain-queue`));
  if (account === undefined || count <= account.unreserved) return;
  throw new CommandFailure(
    `This account may run ${account.quota} functions at once in ${region}, of which ${account.unreserved} are not\n` +
      `reserved: --count can be ${account.unreserved} at most. To have more:\n  ${QUOTA_INCREASE}`,
  );
}

function invokerOf(FunctionName: string, { region, count }: { region: string; count: number }) {
  const client = new LambdaClient({
    region,
    maxAttempts: 1,
    // Every invocation lasts until all have begun.
    requestHandler: { httpsAgent: { maxSockets: count }, httpAgent: { maxSockets: count } },
  });
  return async (warmUp: WarmUp): Promise<Warm> => {
    const Payload = Buffer.from(JSON.stringify(warmUp));
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload }));
    const text = Buffer.from(answer.Payload ?? []).toString();
    if (answer.FunctionError === undefined) return JSON.parse(text) as Warm;
    const { errorType = answer.FunctionError } = JSON.parse(text) as { errorType?: string };
    throw Object.assign(new Error(text), { name: errorType });
  };
}
