import { open } from 'node:fs/promises';
import type { Client } from '../lib/client/client.ts';
import { Conflict, Gone, NotFound } from '../lib/client/errors.ts';
import type { OrderSummaryDocument } from '../lib/contract/schemas.ts';
import { canAsk, isAgreed } from './ask.ts';
import { CommandFailure, EXIT } from './failure.ts';
import type { OutputFlags } from './order-commands.ts';
import { countOf, json, ordersReport } from './report.ts';
import { printable } from './text.ts';

export interface EraseCustomerFlags extends OutputFlags {
  readonly customer: string;
  readonly yes?: true;
  /** Where the record is written as well. */
  readonly record?: string;
}

/** What was erased: ids and how the orders stood, and nothing of what they held. */
interface ErasureRecord {
  readonly erasedAt: string;
  readonly erased: readonly Standing[];
  /** Orders that were being produced. */
  readonly left: readonly Standing[];
}

type Standing = Pick<OrderSummaryDocument, 'id' | 'client' | 'status' | 'acceptedAt'>;

/**
 * `erase --customer X`: shows the customer's orders, and erases them if that is agreed.
 *
 * @returns the exit code: `some` if an order was being produced and is left
 */
export async function eraseCustomerCommand(
  client: Client,
  flags: EraseCustomerFlags,
  nowMs: () => number,
): Promise<number> {
  const orders = await all(client.list({ customer: flags.customer }));
  if (!flags.json) process.stdout.write(ordersReport(orders));
  const what = countOf(orders.length, 'order');
  if (orders.length > 0 && !flags.yes) {
    if (!flags.json) process.stdout.write(`\n${CONSEQUENCES}\n`);
    if (!canAsk(flags)) throw new CommandFailure(`Nothing was erased: add --yes to erase ${what}.`);
    if (!(await isAgreed(`Erase ${what}?`))) throw new CommandFailure('Nothing was erased.');
  }
  const file = flags.record === undefined ? undefined : await openForOwner(flags.record);
  const record = await eraseAll(client, orders, nowMs);
  await file?.writeFile(json(record));
  await file?.close();
  const { erased, left } = record;
  if (flags.json) process.stdout.write(json(record));
  else {
    for (const { id } of erased) process.stdout.write(`${id} is erased.\n`);
    for (const { id } of left) process.stdout.write(`${id} is being produced and is left.\n`);
    if (left.length > 0) process.stdout.write('Run this again in a minute for what is left.\n');
  }
  return left.length > 0 ? EXIT.some : EXIT.done;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const CONSEQUENCES =
  'All that these orders hold would be erased for good, with errors, results and earlier contents. Those\n' +
  'that wait or are dead will not be produced. The next drain erases them downstream too, if the producer\n' +
  'can. Ids, clients and how they ended stay, and their keys stay used.';

async function eraseAll(
  client: Client,
  orders: readonly OrderSummaryDocument[],
  nowMs: () => number,
): Promise<ErasureRecord> {
  const erased: Standing[] = [];
  const left: Standing[] = [];
  for (const order of orders) {
    const { id, status, acceptedAt } = order;
    const standing = { id, ...(order.client && { client: order.client }), status, acceptedAt };
    const isErased = await client.erase(id).then(
      () => true,
      (error: unknown) => {
        // Forgotten meanwhile.
        if (error instanceof NotFound) return true;
        if (error instanceof Conflict) return false;
        throw error;
      },
    );
    (isErased ? erased : left).push(standing);
  }
  return { erasedAt: new Date(nowMs()).toISOString(), erased, left };
}

export interface ExportFlags {
  readonly customer: string;
  readonly out?: string;
}

/** `export --customer X`: everything that is kept of a customer's orders, an order to a line of JSON. */
export async function exportCommand(client: Client, flags: ExportFlags): Promise<void> {
  const { customer, out } = flags;
  const file = out === undefined ? undefined : await openForOwner(out);
  let count = 0;
  try {
    for await (const { id } of client.list({ customer })) {
      const order = await client.get(id).catch((error: unknown) => {
        // Erased or forgotten meanwhile.
        if (error instanceof Gone || error instanceof NotFound) return undefined;
        throw error;
      });
      if (order === undefined) continue;
      count += 1;
      const line = `${printable(JSON.stringify(order))}\n`;
      if (file) await file.write(line);
      else process.stdout.write(line);
    }
  } finally {
    await file?.close();
  }
  if (out !== undefined) process.stdout.write(`${countOf(count, 'order')} in ${out}\n`);
}

/** A new file that nobody else can read. */
async function openForOwner(file: string) {
  try {
    return await open(file, 'wx', 0o600);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`Cannot write a new file ${file}: ${reason}`, { cause });
  }
}
