import type { Client } from '../lib/client/client.ts';
import { Conflict } from '../lib/client/errors.ts';
import type { DrainReport } from '../lib/contract/operator-schemas.ts';
import { failureOf } from './api-faults.ts';
import { CommandFailure } from './failure.ts';
import { drainRefusal } from './operator-commands.ts';
import type { OutputFlags } from './order-commands.ts';
import { countOf, drainReport, json, statsReport } from './report.ts';

/** `drain`: runs one drain, or one after the other, and prints what each has done. */
export async function drainCommand(
  client: Client,
  flags: OutputFlags & { readonly untilEmpty?: true },
): Promise<void> {
  for (;;) {
    const report = await drain(client);
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : drainReport(report));
    if (!flags.untilEmpty || report.remaining === 0) return;
    if (report.claimed === 0) {
      throw new CommandFailure(
        `${report.remaining} orders remain, but none can be claimed now: they are not due yet, or\n` +
          "under another drainer's lease. Run this again later.",
      );
    }
    if (report.produced + report.retried + report.dead === 0) {
      throw new CommandFailure(
        `${report.remaining} orders remain, but the producer gave back all that it was handed: the system\n` +
          'behind it is down. Run this again later.',
      );
    }
  }
}

async function drain(client: Client): Promise<DrainReport> {
  try {
    return await client.drain();
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new CommandFailure(drainRefusal(error));
  }
}

/** `stats`: prints how many orders are in which state. */
export async function statsCommand(client: Client, flags: OutputFlags): Promise<void> {
  const stats = await client.stats();
  process.stdout.write(flags.json ? json(stats) : statsReport(stats));
}

/** The most that the API puts back at a request. */
const REDRIVE_ORDERS_MAX = 1_000;

/**
 * `redrive --all`, `redrive --limit N`: puts dead orders back until there are no more, or N are.
 * All are those that are dead when it begins: one that dies again meanwhile is not sent round.
 */
export async function redriveManyCommand(
  client: Client,
  flags: OutputFlags & { readonly limit?: number },
): Promise<void> {
  let left = flags.limit ?? (await client.stats()).dead;
  let redriven = 0;
  try {
    while (left > 0) {
      const limit = Math.min(left, REDRIVE_ORDERS_MAX);
      const { redriven: some } = await client.redriveDeadLetters({ limit });
      if (some === 0) break;
      redriven += some;
      left -= some;
    }
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    throw new CommandFailure(
      `${countOf(redriven, 'order')} redriven, perhaps more (see stats), and then:\n${failure.message}`,
    );
  }
  process.stdout.write(
    flags.json ? `${JSON.stringify({ redriven })}\n` : `redriven ${countOf(redriven, 'order')}\n`,
  );
}
