import type { Client, ListQuery } from '../lib/client/client.ts';
import { Conflict, NotFound } from '../lib/client/errors.ts';
import type { ChangedOrder, OrderDocument, OrderSummaryDocument } from '../lib/contract/schemas.ts';
import { CommandFailure } from './failure.ts';
import { json, orderReport, ordersReport } from './report.ts';
import { printable } from './text.ts';

export interface OutputFlags {
  readonly json?: true;
}

/** `get ID`: prints one order. */
export async function getCommand(client: Client, id: string, flags: OutputFlags): Promise<void> {
  print(await ofOrder(id, client.get(id)), flags);
}

/** `cancel ID`: prints the order as it is then. */
export async function cancelCommand(client: Client, id: string, flags: OutputFlags): Promise<void> {
  print(await ofOrder(id, client.cancel(id)), flags);
}

/** `redrive ID`: prints the order as it is then. */
export async function redriveCommand(
  client: Client,
  id: string,
  flags: OutputFlags,
): Promise<void> {
  print(await ofOrder(id, client.redrive(id)), flags);
}

export interface ListFlags extends OutputFlags {
  readonly status?: NonNullable<ListQuery['status']>;
  readonly customer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

/** `list`: prints orders, the newest first. */
export async function listCommand(client: Client, flags: ListFlags): Promise<void> {
  const { json: _, from, to, ...query } = flags;
  const accepted = { ...(from && { acceptedFrom: from }), ...(to && { acceptedTo: to }) };
  await printAll(client.list({ ...query, ...accepted }), flags);
}

/** `dead-letters`: prints dead orders, the last to die first. */
export async function deadLettersCommand(
  client: Client,
  flags: OutputFlags & { readonly limit: number },
): Promise<void> {
  await printAll(client.deadLetters({ limit: flags.limit }), flags);
}

/** A table of all of them, or a line of JSON for each as it comes. */
async function printAll(
  orders: ReturnType<Client['list']>,
  { json: asJson }: OutputFlags,
): Promise<void> {
  const all: OrderSummaryDocument[] = [];
  for await (const order of orders) {
    if (asJson) process.stdout.write(`${printable(JSON.stringify(order))}\n`);
    else all.push(order);
  }
  if (!asJson) process.stdout.write(ordersReport(all));
}

function print(order: OrderDocument | ChangedOrder, flags: OutputFlags): void {
  process.stdout.write(flags.json ? json(order) : orderReport(order));
}

/** Awaits what was asked about one order, and says what is wrong with it. */
export async function ofOrder<Order>(id: string, asked: Promise<Order>): Promise<Order> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NotFound) {
      throw new CommandFailure(
        `There is no order ${id}, or it is another client's and this key may not see it.`,
      );
    }
    if (error instanceof Conflict) {
      throw new CommandFailure(
        `That cannot be done to ${id} (409): ${printable(error.problem.detail)}`,
      );
    }
    throw error;
  }
}
