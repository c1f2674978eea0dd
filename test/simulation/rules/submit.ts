import type { Expected } from '../expected.ts';
import type { Model, OrderMemory } from '../model.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

type Answer = [1] | [0, string, string] | [2, string];

/** An order is taken in once, whole, and into the one place where it belongs. */
export function checkSubmit({ args, before, answer }: Step, expected: Expected, model: Model) {
  const [acceptedAtMs = '', ...rest] = args;
  const [depth, answers] = answer as [number, Answer[]];
  for (const [at, { id, dueAtMs, fields }] of ordersIn(rest).entries()) {
    const memory = model.orders.get(id);
    const state = before.orders.get(id);
    if (memory === undefined || state === undefined) {
      throw new Violation(`submit takes in ${id}, that no client has sent`);
    }
    const told = answers[at]?.[0];
    if (state.fields !== undefined) {
      const known = [0, state.fields.fingerprint, state.fields.acceptedAtMs];
      if (`${answers[at]}` !== `${known}`) {
        throw new Violation(`submit answers ${answers[at]} for an order that it knows`, id);
      }
    } else if (state.finishedAtMs !== undefined || state.deadAtMs !== undefined) {
      if (told !== 2) throw new Violation('submit brings back an order that had ended', id);
    } else {
      if (told !== 1) throw new Violation(`submit answers ${answers[at]} for a new order`, id);
      takeIn({ id, dueAtMs, fields }, acceptedAtMs, expected, memory);
    }
  }
  const mustDepth = expected.queue.length > before.queue.length ? expected.queue.length : -1;
  if (depth !== mustDepth) throw new Violation(`submit answers the depth ${depth}`);
}

function takeIn(
  { id, dueAtMs, fields }: Submitted,
  acceptedAtMs: string,
  expected: Expected,
  memory: OrderMemory,
) {
  memory.accepted += 1;
  if (memory.accepted > 1 && !memory.isDamaged) {
    throw new Violation('an order is taken in twice', id);
  }
  if (!memory.isDamaged) memory.attempts = 0;
  checkFields(id, fields, acceptedAtMs, memory);
  const order = expected.order(id);
  order.fields = fields;
  order.acceptedAtMs ??= Number(acceptedAtMs);
  if (fields.status === 'scheduled') order.dueAtMs = Number(fields.produceAtMs);
  else expected.queue.unshift(id);
  if ((fields.status === 'scheduled') !== (dueAtMs !== '')) {
    throw new Violation(`an order that is ${fields.status} is submitted as due at ${dueAtMs}`, id);
  }
}

/** What is written is what the client has sent, under the client's name. */
function checkFields(
  id: string,
  fields: Record<string, string>,
  acceptedAtMs: string,
  { planned }: OrderMemory,
) {
  const body = planned.bodies.find(({ customer }) => customer === fields.customer);
  if (body === undefined) throw new Violation('an order is stored that its client never sent', id);
  const isLater = body.produceAtMs !== undefined && body.produceAtMs > Number(acceptedAtMs);
  const must: Record<string, string | undefined> = {
    client: planned.client,
    currency: body.currency,
    totalAmount: String(body.totalAmount),
    lines: JSON.stringify(body.lines),
    reference: body.reference,
    metadata: body.metadata && JSON.stringify(body.metadata),
    produceAtMs: body.produceAtMs?.toString(),
    acceptedAtMs,
    updatedAtMs: acceptedAtMs,
    status: isLater ? 'scheduled' : 'queued',
    attempts: '0',
  };
  for (const [field, value] of Object.entries(must)) {
    if (fields[field] !== value) {
      throw new Violation(`an order is stored with ${field} ${fields[field]}, not ${value}`, id);
    }
  }
}

interface Submitted {
  readonly id: string;
  readonly dueAtMs: string;
  readonly fields: Record<string, string>;
}

function ordersIn(args: readonly string[]): Submitted[] {
  const orders: Submitted[] = [];
  for (let at = 0; at < args.length; ) {
    const [id = '', dueAtMs = '', count = '0'] = args.slice(at, at + 3);
    const end = at + 3 + 2 * Number(count);
    const fields: Record<string, string> = {};
    for (let field = at + 3; field < end; field += 2) {
      fields[args[field] as string] = args[field + 1] as string;
    }
    orders.push({ id, dueAtMs, fields });
    at = end;
  }
  return orders;
}
