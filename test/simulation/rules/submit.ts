import { isDeepStrictEqual } from 'node:util';
import type { Model, OrderMemory } from '../model.ts';
import { submissionIn } from '../records.ts';
import { chunks, type Step } from '../steps.ts';
import { Violation } from '../violation.ts';
import { orderOf, samePlaces } from './orders.ts';
import { checkDecisions, type SentOrder } from './stock.ts';

const RESERVED = ',"reserved":[[';

/** A record without what was reserved for it: as the submit has sent it. */
export function asSent(record: string): string {
  const at = record.lastIndexOf(RESERVED);
  return at < 0 ? record : `${record.slice(0, at)}}`;
}

/** A record that appears is an order that was accepted, also where its submit failed afterwards. */
export function noteAccepted(step: Step, model: Model): void {
  const fresh = [...step.after.orders].flatMap(([id, { record }]) => {
    const { was, memory } = orderOf(id, step, model);
    if (record === undefined || was.record !== undefined) return [];
    return [{ id, memory, at: step.args.indexOf(asSent(record)) }];
  });
  for (const { id, memory } of fresh.sort((one, other) => one.at - other.at)) {
    memory.accepted += 1;
    if (memory.accepted > 1) {
      throw new Violation('an order is taken in twice', id);
    }
    memory.claims = 0;
    model.accepted += 1;
    memory.seq = model.accepted;
  }
}

/** An order is taken in once, whole, and under the name of its client; a refused one leaves nothing. */
export function checkSubmit(step: Step, model: Model): void {
  const [client = '', , now = ''] = step.args;
  const sent = sentIn(step);
  const nowMs = Number(now);
  const [depth, told] = step.answer as [number, (number | string)[]];
  const answers = new Map(chunks(told, 2).map(([number, text]) => [Number(number) - 1, `${text}`]));
  const taken = new Set<string>();
  let enqueued = 0;
  for (const [at, { id, dueAtMs, record }] of sent.entries()) {
    const { was, is, memory } = orderOf(id, step, model);
    const told = answers.get(at) ?? '';
    // One that this very submit has taken in is known by then.
    const known = was.record ?? (taken.has(id) ? is.record : undefined);
    if (known !== undefined) {
      if (told !== known.slice(0, 400)) throw new Violation(`a known order is told ${told}`, id);
      continue;
    }
    if (told === 'queue' || /^(?:out|over) /.test(told)) continue;
    if (told !== '' || asSent(is.record ?? '') !== record)
      throw new Violation('an order is not taken in', id);
    taken.add(id);
    checkRecord(id, record, nowMs, memory);
    const { produceAtMs = 0 } = submissionIn(record);
    const isLater = produceAtMs > nowMs;
    if (dueAtMs !== (isLater ? String(produceAtMs) : ''))
      throw new Violation(`is due at ${dueAtMs}`, id);
    if (!isLater) enqueued += 1;
  }
  for (const { id } of sent) {
    const { was, is } = orderOf(id, step, model);
    const isSame = samePlaces(was, is) && is.text === was.text && is.record === was.record;
    if (!taken.has(id) && !isSame) throw new Violation('a refused order leaves a trace', id);
  }
  const mustDepth = enqueued === 0 ? -1 : step.after.queues.get(client)?.length;
  if (depth !== mustDepth)
    throw new Violation(`submit answers the depth ${depth}, not ${mustDepth}`);
  checkDecisions(step, sent, answers);
}

/** The orders that a submit sends. */
function sentIn({ keys, args }: Step): SentOrder[] {
  const [skus, count] = [Number(args[11]), Number(args[12])];
  const recordsAt = 13 + skus;
  const later = args.slice(recordsAt + (skus > 0 ? 2 : 1) * count);
  const times = new Map(chunks(later, 2).map(([number, time]) => [Number(number) - 1, time]));
  return Array.from({ length: count }, (_, at) => ({
    id: keys[4 + at]?.slice(-36) ?? '',
    dueAtMs: times.get(at) ?? '',
    record: args[recordsAt + at] ?? '',
  }));
}

/** What is written is what the client has sent, under the client's name. */
function checkRecord(id: string, record: string, nowMs: number, { planned }: OrderMemory): void {
  const { v, fingerprint, replaced, content, ...head } = JSON.parse(record);
  const written = { ...head, ...submissionIn(record) };
  const body = planned.bodies.find(({ customer }) => customer === written.customer);
  const { client, idempotencyKey } = planned;
  const must = { acceptedAtMs: nowMs, client, idempotencyKey, ...body };
  if (v !== 1 || !fingerprint || replaced.length > 0 || !isDeepStrictEqual(written, must)) {
    throw new Violation(`an order is stored as ${record}`, id);
  }
}
