import { type Order, STORED_STATUSES, type StoredStatus, statusAtIntake } from '../orders/order.ts';
import type { Line, Submission } from '../orders/submission.ts';
import { StoreFault } from '../queue/errors.ts';
import type { NewOrder, Settlement } from '../queue/store.ts';

/** Written into each hash, for readers that meet those of another version. */
const HASH_VERSION = '1';

/** The fields of a new order, flat: field, value, ... Redis holds strings only. */
export function newOrderFields({ client, fingerprint, submission, acceptedAtMs }: NewOrder) {
  const { customer, currency, lines, totalAmount, reference, produceAtMs, metadata } = submission;
  return flat({
    v: HASH_VERSION,
    client,
    fingerprint,
    customer,
    currency,
    totalAmount: String(totalAmount),
    reference,
    lines: JSON.stringify(lines),
    metadata: metadata && JSON.stringify(metadata),
    produceAtMs: produceAtMs?.toString(),
    acceptedAtMs: String(acceptedAtMs),
    updatedAtMs: String(acceptedAtMs),
    status: statusAtIntake(submission, acceptedAtMs),
    attempts: '0',
  });
}

/** The outcome fields of a settlement; the script adds attempts, token and time. */
export function settlementFields(settlement: Settlement, nowMs: number): string[] {
  switch (settlement.kind) {
    case 'produced':
      return flat({
        status: 'produced' satisfies StoredStatus,
        producedAtMs: String(nowMs),
        orderNumber: settlement.orderNumber?.toString(),
        result: settlement.result === undefined ? undefined : JSON.stringify(settlement.result),
      });
    case 'retry':
      return flat({ status: 'queued' satisfies StoredStatus, ...error(settlement.reason, nowMs) });
    case 'dead':
      return flat({ status: 'dead' satisfies StoredStatus, ...error(settlement.reason, nowMs) });
    case 'untried':
      return [];
  }
}

function error(reason: string, nowMs: number) {
  return { lastErrorReason: reason, lastErrorAtMs: String(nowMs) };
}

function flat(fields: Record<string, string | undefined>): string[] {
  return Object.entries(fields).flatMap(([field, value]) =>
    value === undefined ? [] : [field, value],
  );
}

/**
 * Reads an order's hash as `HGETALL` gives it. Fields that it does not know are passed over.
 *
 * @returns `undefined` where there is no hash
 * @throws StoreFault where the hash is not that of an order
 */
export function orderFromHash(id: string, hash: readonly string[], nowMs: number) {
  if (hash.length === 0) return undefined;
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < hash.length; at += 2) fields.set(hash[at] ?? '', hash[at + 1] ?? '');
  const status = STORED_STATUSES.find((known) => known === fields.get('status'));
  if (status === undefined || !fields.has('lines')) {
    throw new StoreFault(`The hash of ${id} is not that of an order`);
  }
  return {
    ...submissionFrom(fields),
    id,
    client: fields.get('client') ?? '',
    status: cameDue(status, fields, nowMs) ? 'queued' : status,
    attempts: numberIn(fields, 'attempts') ?? 0,
    acceptedAtMs: numberIn(fields, 'acceptedAtMs') ?? 0,
    updatedAtMs: numberIn(fields, 'updatedAtMs') ?? 0,
    ...optional('producedAtMs', numberIn(fields, 'producedAtMs')),
    ...optional('orderNumber', numberIn(fields, 'orderNumber')),
    ...optional('result', jsonIn(fields, 'result')),
    ...optional('lastError', lastErrorFrom(fields)),
  } satisfies Order;
}

function submissionFrom(fields: ReadonlyMap<string, string>): Submission {
  return {
    customer: fields.get('customer') ?? '',
    currency: fields.get('currency') ?? '',
    lines: jsonIn(fields, 'lines') as Line[],
    totalAmount: numberIn(fields, 'totalAmount') ?? 0,
    ...optional('reference', fields.get('reference')),
    ...optional('produceAtMs', numberIn(fields, 'produceAtMs')),
    ...optional('metadata', jsonIn(fields, 'metadata') as Record<string, string> | undefined),
  };
}

/** A scheduled order whose time has come waits like any other; nothing has to mark it. */
function cameDue(status: StoredStatus, fields: ReadonlyMap<string, string>, nowMs: number) {
  return status === 'scheduled' && (numberIn(fields, 'produceAtMs') ?? 0) <= nowMs;
}

function lastErrorFrom(fields: ReadonlyMap<string, string>): Order['lastError'] {
  const reason = fields.get('lastErrorReason');
  if (reason === undefined) return undefined;
  return { reason, atMs: numberIn(fields, 'lastErrorAtMs') ?? 0 };
}

function numberIn(fields: ReadonlyMap<string, string>, field: string): number | undefined {
  const value = fields.get(field);
  return value === undefined ? undefined : Number(value);
}

function jsonIn(fields: ReadonlyMap<string, string>, field: string): unknown {
  const value = fields.get(field);
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    throw new StoreFault(`The field ${field} of an order is no JSON`);
  }
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value };
}
