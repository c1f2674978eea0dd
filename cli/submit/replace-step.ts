import type { Client } from '../../lib/client/client.ts';
import { canAsk, isAgreed } from '../ask.ts';
import { countOf } from '../report.ts';
import { stopOnInterrupt } from './interrupt.ts';
import type { SubmitFlags } from './options.ts';
import { progressDisplay } from './progress.ts';
import { findReplacements, type ReplaceOptions, replaceOrders } from './replacements.ts';
import { replacementsReport } from './replacements-report.ts';
import type { Tally } from './send.ts';
import type { Understood } from './understood.ts';

/** `--replace`: shows the orders that would be replaced, and replaces them if that is agreed. */
export async function replaceStep(
  client: Client,
  understood: Understood,
  tally: Tally,
  flags: SubmitFlags,
): Promise<void> {
  if (tally.end.kind !== 'finished' || tally.different === 0) return;
  const found = await shown('looking up', tally.different, (options) =>
    findReplacements(client, understood, tally, options),
  );
  const count = found?.ids.size ?? 0;
  if (!found || count === 0) return;
  if (!flags.json) process.stdout.write(replacementsReport(found));
  if (!flags.yes && !(await isReplacing(count, flags))) return;
  await shown('replacing', count, (options) =>
    replaceOrders(client, understood, found, tally, options),
  );
}

async function isReplacing(count: number, flags: SubmitFlags): Promise<boolean> {
  const orders = countOf(count, 'order');
  if (canAsk(flags)) return isAgreed(`Replace ${orders}?`);
  process.stderr.write(`Nothing was replaced: add --yes to replace ${orders}.\n`);
  return false;
}

async function shown<T>(
  name: string,
  total: number,
  work: (options: ReplaceOptions) => Promise<T>,
): Promise<T> {
  const display = progressDisplay(process.stderr, { name, unit: 'orders', totalMin: 1 });
  const interrupt = stopOnInterrupt(() => display.end());
  try {
    return await work({ stop: interrupt.signal, onProgress: (done) => display.show(done, total) });
  } finally {
    display.end();
    interrupt.end();
  }
}
