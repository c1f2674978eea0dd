import type { Api } from './api.ts';
import { Failure } from './failure.ts';
import { drainReport, json, orderReport, statsReport } from './report.ts';

export interface OutputFlags {
  readonly json?: true;
}

/** `get ID`: prints one order. */
export async function getCommand(api: Api, id: string, flags: OutputFlags): Promise<void> {
  const found = await api.getOrder(id);
  if (found.kind === 'not-found') {
    throw new Failure(
      `There is no order ${id}, or it is another client's and this key may not see it.`,
    );
  }
  process.stdout.write(flags.json ? json(found.order) : orderReport(found.order));
}

/** `drain`: runs one drain, or one after the other, and prints what each has done. */
export async function drainCommand(
  api: Api,
  flags: OutputFlags & { readonly untilEmpty?: true },
): Promise<void> {
  for (;;) {
    const drained = await api.drain();
    if (drained.kind === 'locked') {
      throw new Failure(
        'Another drain holds the lock (409): it is doing the work. Run this again when it has ended,\n' +
          'in half a minute at most.',
      );
    }
    const { report } = drained;
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : drainReport(report));
    if (!flags.untilEmpty || report.remaining === 0) return;
    if (report.claimed === 0) {
      throw new Failure(
        `${report.remaining} orders remain, but none can be claimed now: they are not due yet, or\n` +
          "under another drainer's lease. Run this again later.",
      );
    }
  }
}

/** `stats`: prints how many orders are in which state. */
export async function statsCommand(api: Api, flags: OutputFlags): Promise<void> {
  const stats = await api.stats();
  process.stdout.write(flags.json ? json(stats) : statsReport(stats));
}
