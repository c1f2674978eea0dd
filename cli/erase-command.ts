import type { Client } from '../lib/client/client.ts';
import { Gone } from '../lib/client/errors.ts';
import type { OrderDocument } from '../lib/contract/schemas.ts';
import { canAsk, isAgreed } from './ask.ts';
import { CommandFailure } from './failure.ts';
import { type OutputFlags, ofOrder } from './order-commands.ts';
import { countOf, json, orderReport } from './report.ts';

/** `erase ID`: shows what would go, and erases it if that is agreed. */
export async function eraseCommand(
  client: Client,
  id: string,
  flags: OutputFlags & { readonly yes?: true },
): Promise<void> {
  const order = await findUnlessErased(client, id);
  if (order) {
    if (!flags.json) process.stdout.write(eraseReport(order));
    if (!flags.yes && !canAsk(flags)) {
      throw new CommandFailure(`Nothing was erased: add --yes to erase ${id}.`);
    }
    if (!flags.yes && !(await isAgreed(`Erase ${id}?`)))
      throw new CommandFailure('Nothing was erased.');
    await ofOrder(id, client.erase(id));
  }
  const done = order ? 'is erased' : 'was erased before';
  process.stdout.write(flags.json ? json({ id, isErased: true }) : `${id} ${done}.\n`);
}

async function findUnlessErased(client: Client, id: string): Promise<OrderDocument | undefined> {
  try {
    return await ofOrder(id, client.get(id));
  } catch (error) {
    if (error instanceof Gone) return undefined;
    throw error;
  }
}

/** The order, what goes with it, and what stays. */
export function eraseReport(order: OrderDocument): string {
  const { status, replaced = [] } = order;
  const contents =
    replaced.length > 0 ? `, and ${countOf(replaced.length, 'earlier content')}` : '';
  const fate: Partial<Record<OrderDocument['status'], string>> = {
    produced: 'The next drain erases it downstream too, if the producer can.',
    canceled: 'It stays canceled.',
    producing: 'It is being produced: the API will refuse until that has ended.',
  };
  const others = 'It will not be produced, and counts as canceled.';
  return (
    `${orderReport(order)}\n` +
    `All of this would be erased for good, with errors and results${contents}.\n` +
    'The id, the client and how it ended stay, and its key stays used.\n' +
    `${fate[status] ?? others}\n`
  );
}
