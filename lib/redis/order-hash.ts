import {
  type Order,
  type OrderSummary,
  STORED_STATUSES,
  type StoredStatus,
  statusAtIntake,
} from '../orders/order.ts';
import type { Line, Submission } from '../orders/submission.ts';
import { StoreFault } from '../queue/errors.ts';
import type { NewOrder, Settlement } from '../queue/store.ts';

/** Written into each hash, for readers that meet those of another version. */
export const HASH_VERSION = '1';

/** The fields of a new order, flat: field, value, ... Redis holds strings only. */
export function newOrderFields(order: NewOrder, acceptedAtMs: number): string[] {
  const { client, fingerprint, submission } = order;
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

/** What is read of an order: a script takes the first two for its own, so they stay in front. */
export const ORDER_FIELDS = [
  'status',
  'attempts',
  'client',
  'customer',
  'currency',
  'totalAmount',
  'reference',
  'lines',
  'metadata',
  'produceAtMs',
  'acceptedAtMs',
  'updatedAtMs',
  'producedAtMs',
  'orderNumber',
  'result',
  'lastErrorReason',
  'lastErrorAtMs',
] as const;

/** What is read of an order for a list. */
export const SUMMARY_FIELDS = ORDER_FIELDS.filter((name) => name !== 'lines');

/** The values of fields that were read, in their order; `null` where a field is not set. */
export type Values = readonly (string | null)[];

type Fields = Partial<Record<(typeof ORDER_FIELDS)[number], string | null>>;

/**
 * Reads an order from the values of `ORDER_FIELDS`.
 *
 * @returns `undefined` where there is no hash
 * @throws StoreFault where the hash is not that of an order
 */
export function orderFromValues(id: string, values: Values, nowMs: number): Order | undefined {
  if (values.every((value) => value === null)) return undefined;
  const fields = fieldsFrom(ORDER_FIELDS, values);
  if (fields.lines == null) throw noOrder(id);
  return { ...summaryFrom(id, fields, nowMs), lines: parsed(fields.lines) as Line[] };
}

/**
 * Reads an order without its lines from the values of `SUMMARY_FIELDS`.
 *
 * @throws StoreFault where the hash is not that of an order
 */
export function summaryFromValues(id: string, values: Values, nowMs: number): OrderSummary {
  return summaryFrom(id, fieldsFrom(SUMMARY_FIELDS, values), nowMs);
}

/** What a reading gives, or `undefined` where the hash is not that of an order: one stops no other. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreFault) return undefined;
    throw error;
  }
}

function fieldsFrom(names: readonly (keyof Fields)[], values: Values): Fields {
  return Object.fromEntries(names.map((name, at) => [name, values[at]]));
}

function noOrder(id: string): StoreFault {
  return new StoreFault(`The hash of ${id} is not that of an order`);
}

function summaryFrom(id: string, fields: Fields, nowMs: number): OrderSummary {
  const status = STORED_STATUSES.find((known) => known === fields.status);
  if (status === undefined) throw noOrder(id);
  return {
    ...submissionFrom(fields),
    id,
    client: fields.client ?? '',
    status: cameDue(status, fields, nowMs) ? 'queued' : status,
    attempts: Number(fields.attempts ?? 0),
    acceptedAtMs: Number(fields.acceptedAtMs ?? 0),
    updatedAtMs: Number(fields.updatedAtMs ?? 0),
    ...(fields.producedAtMs != null && { producedAtMs: Number(fields.producedAtMs) }),
    ...(fields.orderNumber != null && { orderNumber: Number(fields.orderNumber) }),
    ...(fields.result != null && { result: parsed(fields.result) }),
    ...(fields.lastErrorReason != null && {
      lastError: { reason: fields.lastErrorReason, atMs: Number(fields.lastErrorAtMs ?? 0) },
    }),
  };
}

/** An order that has an owner is being produced, and its attempt stands there. */
export function withOwner<T extends OrderSummary>(order: T, owner: string | null): T {
  if (owner === null || owner === '') return order;
  return { ...order, status: 'producing', attempts: Number(owner.split(':')[1]) };
}

function submissionFrom(fields: Fields): Omit<Submission, 'lines'> {
  return {
    customer: fields.customer ?? '',
    currency: fields.currency ?? '',
    totalAmount: Number(fields.totalAmount ?? 0),
    ...(fields.reference != null && { reference: fields.reference }),
    ...(fields.produceAtMs != null && { produceAtMs: Number(fields.produceAtMs) }),
    ...(fields.metadata != null && {
      metadata: parsed(fields.metadata) as Record<string, string>,
    }),
  };
}

/** A scheduled order whose time has come waits like any other; nothing has to mark it. */
function cameDue(status: StoredStatus, { produceAtMs }: Fields, nowMs: number): boolean {
  return status === 'scheduled' && Number(produceAtMs ?? 0) <= nowMs;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new StoreFault('A field of an order is no JSON');
  }
}
