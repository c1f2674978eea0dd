import { type Content, submissionFrom } from '../orders/content.ts';
import { batchIdIn } from '../orders/holder.ts';
import {
  type Failure,
  type Order,
  STORED_STATUSES,
  type StoredStatus,
  statusAtIntake,
} from '../orders/order.ts';
import type { Submission } from '../orders/submission.ts';
import { erasedFrom } from './erased-record.ts';
import { StoreFault } from './errors.ts';
import type { Sold } from './reservations.ts';

/** A validated order with its identity, as intake hands it to the store. */
export interface NewOrder extends Content {
  readonly id: string;
  readonly client: string;
  readonly idempotencyKey: string;
}

/** What of a record a repeat is compared with. */
export interface RecordHead {
  readonly fingerprint: string;
  readonly acceptedAtMs: number;
  /** Of contents that this one has replaced, the latest first. */
  readonly replaced: readonly string[];
}

/** A content that an order had before it was replaced. */
export interface ReplacedContent {
  readonly fingerprint: string;
  readonly acceptedAtMs: number;
  readonly replacedAtMs: number;
  readonly submission: Submission;
}

/** How many earlier contents an order keeps. */
export const REPLACED_MAX = 5;

/**
 * What has become of an order: its one state record. Absent while the order simply waits. Times are
 * Unix milliseconds.
 */
export interface OrderState {
  readonly status: StoredStatus;
  readonly attempts: number;
  readonly updatedAtMs: number;
  /** The id of the batch that settled it. */
  readonly settledBy?: string;
  /** The ended segment it belongs to, once it has ended. */
  readonly segment?: number;
  readonly dueAtMs?: number;
  /** Its last claim was never settled: it is tried alone. */
  readonly isAlone?: boolean;
  readonly redrivenBy?: string;
  /** How often it was put back from among the dead. */
  readonly redrives?: number;
  /** What it held was erased; the drain has yet to have it erased downstream, or has done so. */
  readonly isErased?: boolean;
  readonly producedAtMs?: number;
  /** About how large its record is, once it has ended. */
  readonly bytes?: number;
  readonly lastError?: Failure;
  readonly history?: readonly Failure[];
  readonly result?: unknown;
  readonly orderNumber?: number;
  /** What a produced order took from stocks. */
  readonly sold?: readonly Sold[];
  /** The producer's own number: Sluice's counter need not follow it. */
  readonly hasOwnNumber?: true;
}

/**
 * The record of a new order. The first three members stand in front, in this form: the submit script
 * returns only the beginning of a record that it finds, and `headOf` reads them there.
 */
export function recordOf(
  order: NewOrder,
  acceptedAtMs: number,
  contents: readonly ReplacedContent[] = [],
): string {
  const { fingerprint, client, idempotencyKey, content } = order;
  const replaced = JSON.stringify(contents.map((one) => one.fingerprint));
  const more = contents.length > 0 ? `,"contents":${JSON.stringify(contents)}` : '';
  return (
    `{"v":1,"fingerprint":"${fingerprint}","acceptedAtMs":${acceptedAtMs},"replaced":${replaced},` +
    `"client":${JSON.stringify(client)},"idempotencyKey":${JSON.stringify(idempotencyKey)},` +
    `"content":${content}${more}}`
  );
}

const HEAD =
  /^\{"v":1,"fingerprint":"([\w-]{43})","acceptedAtMs":(\d{1,15}),"replaced":\[([\w",-]*)\],/;

/**
 * Reads the beginning of a record.
 *
 * @throws StoreFault if it is not one
 */
export function headOf(id: string, record: string): RecordHead {
  const [, fingerprint, acceptedAtMs, replaced = ''] = HEAD.exec(record) ?? [];
  if (fingerprint === undefined) throw unreadable(id);
  return {
    fingerprint,
    acceptedAtMs: Number(acceptedAtMs),
    replaced: replaced.match(/[\w-]+/g) ?? [],
  };
}

/** The part of a record that changes whenever its content does. */
export function headText(id: string, record: string): string {
  return HEAD.exec(record)?.[0] ?? fail(unreadable(id));
}

function fail(error: Error): never {
  throw error;
}

/** A state as it is stored. */
export function stateText(state: OrderState): string {
  return JSON.stringify(state);
}

/**
 * Reads a state record.
 *
 * @throws StoreFault if it is not one
 */
export function stateFrom(id: string, text: string | null): OrderState | undefined {
  if (text === null) return undefined;
  const state = parsed(id, text) as Partial<OrderState>;
  if (!STORED_STATUSES.some((known) => known === state.status)) throw unreadable(id);
  return state as OrderState;
}

/** What Redis holds of one order. */
export interface StoredOrder {
  readonly record: string | null;
  readonly state: string | null;
  /** `<token>:<claims>:<holder>` while it is leased. */
  readonly owner?: string | null;
}

/**
 * Reads an order.
 *
 * @returns `undefined` if there is no record, or only what stays of an erased one
 * @throws StoreFault if a record is not that of an order
 */
export function orderFrom(id: string, stored: StoredOrder, nowMs: number): Order | undefined {
  if (stored.record === null || erasedFrom(stored.record) !== undefined) return undefined;
  headOf(id, stored.record);
  const whole = parsed(id, stored.record) as StoredRecord;
  const { v, fingerprint, replaced, contents, reserved, content, ...head } = whole;
  const record = { ...head, ...(submissionFrom(content) ?? fail(unreadable(id))) };
  const state = stateFrom(id, stored.state);
  const order: Order = {
    ...record,
    ...(contents && {
      replaced: contents.map(({ submission, acceptedAtMs, replacedAtMs }) => ({
        ...{ ...submission, acceptedAtMs, replacedAtMs },
      })),
    }),
    id,
    status: statusFrom(record, state, nowMs),
    attempts: state?.attempts ?? 0,
    updatedAtMs: state?.updatedAtMs ?? record.acceptedAtMs,
    ...(state?.status === 'queued' &&
      state.lastError !== undefined &&
      state.dueAtMs !== undefined && { nextAttemptAtMs: state.dueAtMs }),
    ...(state?.producedAtMs !== undefined && { producedAtMs: state.producedAtMs }),
    ...(state?.orderNumber !== undefined && { orderNumber: state.orderNumber }),
    ...(state?.result !== undefined && { result: state.result }),
    ...(state?.lastError && { lastError: state.lastError }),
    ...(state?.history && { history: state.history }),
  };
  return producing(order, state, stored.owner);
}

/** An order that is leased is being produced, unless the lease is one that its state has ended. */
function producing(order: Order, state: OrderState | undefined, owner?: string | null): Order {
  const batchId = batchIdIn(owner ?? '');
  if (batchId === undefined || state?.settledBy === batchId) return order;
  if (order.status !== 'queued' && order.status !== 'scheduled') return order;
  const { nextAttemptAtMs: _, ...claimed } = order;
  // Claims that were never settled count as one attempt.
  const attempts = order.attempts + Math.min(Number(owner?.split(':')[1]), 2);
  return { ...claimed, status: 'producing', attempts };
}

interface StoredRecord {
  readonly v: number;
  readonly fingerprint: string;
  readonly acceptedAtMs: number;
  readonly replaced: readonly string[];
  readonly client: string;
  readonly idempotencyKey: string;
  readonly content: unknown;
  readonly contents?: readonly ReplacedContent[];
  /** See `reservationsIn`. */
  readonly reserved?: unknown;
}

function statusFrom(
  record: Pick<Order, 'produceAtMs' | 'acceptedAtMs'>,
  state: OrderState | undefined,
  nowMs: number,
): StoredStatus {
  if (state !== undefined) return state.status;
  // A scheduled order whose time has come waits like any other; nothing has to mark it.
  const isAhead = (record.produceAtMs ?? 0) > nowMs;
  return isAhead ? statusAtIntake(record, record.acceptedAtMs) : 'queued';
}

/** What `read` returns, or `undefined` if the record cannot be read: one broken order stops no other. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreFault) return undefined;
    throw error;
  }
}

function parsed(id: string, json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw unreadable(id);
}

function unreadable(id: string): StoreFault {
  return new StoreFault(`The record of ${id} cannot be read`);
}
