import type { ClaimedOrder } from '../../orders/order.ts';
import type { ProducerAnswer } from '../producer.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * What a 2xx to one order says. A `status` of `rejected` or `retry` counts, as in the results of a
 * batch; any other JSON is the result of an order that is produced.
 */
export function answerTo(body: string | undefined): ProducerAnswer {
  const result = jsonIn(body);
  const members = membersOf(result);
  if (members.status === 'rejected' || members.status === 'retry') return answerIn(members);
  return {
    kind: 'produced',
    ...orderNumberIn(members),
    ...(result !== undefined && result !== null && { result }),
  };
}

/** Whether a 2xx to a batch says that it failed as a whole. */
export function isFailedBatch(body: string | undefined): boolean {
  const { status, results } = membersOf(jsonIn(body));
  return !Array.isArray(results) && (status === 'rejected' || status === 'retry');
}

/** Whether a body came whole and is JSON. */
export function isJson(body: string | undefined): boolean {
  return body !== undefined && jsonIn(body) !== undefined;
}

/** The reason that a receiver gives, as `reason`, for not producing an order. */
export function reasonIn(body: string | undefined): string | undefined {
  const { reason } = membersOf(jsonIn(body));
  return typeof reason === 'string' && reason !== '' ? reason : undefined;
}

const CUT_OFF = 'The answer of the receiver was cut off or too large.';
const NO_STATUS = 'The receiver gave no status for this order that is known.';

/**
 * What the answer to a batch says of each order: `{"results": [{"id", "status", …}]}`. An answer
 * without results says that all are produced. One that did not come whole may have said anything,
 * and an order that it does not name is left out: both are tried again.
 */
export function answersInBatch(
  body: string | undefined,
  orders: readonly ClaimedOrder[],
): ReadonlyMap<string, ProducerAnswer> {
  const same = (answer: ProducerAnswer) => new Map(orders.map(({ id }) => [id, answer]));
  if (body === undefined) return same({ kind: 'retry', reason: CUT_OFF });
  const { results } = membersOf(jsonIn(body));
  if (!Array.isArray(results)) return same({ kind: 'produced' });
  const sent = new Set(orders.map(({ id }) => id));
  const answers = new Map<string, ProducerAnswer>();
  for (const entry of results.map(membersOf)) {
    const { id } = entry;
    if (typeof id === 'string' && sent.has(id)) answers.set(id, answerIn(entry));
  }
  return answers;
}

function answerIn(entry: Members): ProducerAnswer {
  const { status, result, retryAfterMs } = entry;
  const reason = typeof entry.reason === 'string' ? entry.reason : '';
  if (status === 'produced') {
    return {
      kind: 'produced',
      ...orderNumberIn(entry),
      ...(result !== undefined && { result }),
    };
  }
  if (status === 'rejected') return { kind: 'rejected', reason };
  if (status !== 'retry') return { kind: 'retry', reason: NO_STATUS };
  return {
    kind: 'retry',
    reason,
    ...(typeof retryAfterMs === 'number' && { afterMs: retryAfterMs }),
  };
}

function orderNumberIn({ orderNumber }: Members): { orderNumber?: number } {
  const isNumber = Number.isSafeInteger(orderNumber) && (orderNumber as number) >= 0;
  return isNumber ? { orderNumber: orderNumber as number } : {};
}

function jsonIn(body = ''): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
