import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PROBLEMS, type ProblemType } from '../contract/problems.ts';
import type { Fault } from '../orders/faults.ts';
import type { NoRoom } from '../store/submit.ts';

/** A response before the route adds its `X-Request-Id`. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; the route adds a problem's `instance`. */
  readonly body?: object;
  /** Counts and ids that an audit line shall hold as well; never sent. */
  readonly audit?: Readonly<Record<string, number | string | readonly string[]>>;
}

interface ProblemExtras {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

const PROBLEM_JSON = 'application/problem+json';

/** A response with problem details. */
export function problem(
  type: ProblemType,
  detail: string,
  { errors, headers }: ProblemExtras = {},
): HttpResponse {
  return {
    status: PROBLEMS[type].status,
    headers: { 'content-type': PROBLEM_JSON, ...headers },
    body: { type: `/problems/${type}`, ...PROBLEMS[type], detail, ...(errors && { errors }) },
  };
}

/** A body that is JSON but not what it must be. */
export function invalidBody(
  type: Extract<
    ProblemType,
    `invalid-${'order' | 'batch' | 'redrive' | 'cancel' | 'pause' | 'stock'}`
  >,
  faults: readonly Fault[],
): HttpResponse {
  const detail = 'The fields listed in "errors" are invalid.';
  return problem(type, detail, { errors: faults });
}

/** Also for an order of another client: the two cannot be told apart. */
export function notFound(): HttpResponse {
  return problem('not-found', 'There is no order with this id, or it is not yours.');
}

function keyReused(): HttpResponse {
  const detail = 'This idempotency key belongs to a different order, which is unchanged.';
  return problem('idempotency-key-reused', detail);
}

/** A repeat of what a client has replaced since: it is told so, and nothing is changed back. */
function wasReplaced(): HttpResponse {
  const detail =
    'The content of this order was replaced since. Nothing was changed. Read the order to see its content.';
  return problem('order-replaced', detail);
}

/** Also for a repeat of its key: no second order comes of it. */
export function wasErased(): HttpResponse {
  return problem('order-erased', 'This order was erased. Its idempotency key stays used.');
}

const NOTHING_ACCEPTED = 'Nothing was accepted. Repeat the request after the time in Retry-After.';

const NO_ROOM = {
  queue: ['queue-full', `Too many of your orders are waiting. ${NOTHING_ACCEPTED}`],
  schedule: [
    'schedule-full',
    'Too many of your orders are scheduled. This order was not accepted. Send it again in a minute, or ' +
      'without produceAt.',
  ],
  share: [
    'share-used',
    `Your orders use all the storage that you may use. ${NOTHING_ACCEPTED} Ended orders are removed some ` +
      'days later; the operator can raise your share.',
  ],
  database: [
    'database-full',
    `The database has no room for more orders. ${NOTHING_ACCEPTED} Orders accepted before are produced, ` +
      'and can be read and canceled. Its operator must free space or choose a larger plan.',
  ],
} as const satisfies Record<NoRoom, readonly [ProblemType, string]>;

/** There is no room for new orders. */
export function noRoom(where: NoRoom, retryAfterS = 60): HttpResponse {
  const [type, detail] = NO_ROOM[where];
  return problem(type, detail, { headers: { 'retry-after': String(retryAfterS) } });
}

/** Why an order was not accepted, or not replaced. */
export function refusedOrder(outcome: RefusedOutcome): HttpResponse {
  if ('errors' in outcome) return noStock(outcome.kind, outcome.errors);
  if (outcome.kind === 'no-room') return noRoom(outcome.where);
  if (outcome.kind === 'key-reused') return keyReused();
  return outcome.kind === 'replaced' ? wasReplaced() : wasErased();
}

type RefusedOutcome =
  | { readonly kind: 'key-reused' | 'replaced' | 'erased' }
  | { readonly kind: 'no-room'; readonly where: NoRoom }
  | { readonly kind: 'out-of-stock' | 'over-limit'; readonly errors: readonly Fault[] };

/** Nothing is kept of the order, so its key is not used up. */
function noStock(kind: 'out-of-stock' | 'over-limit', errors: readonly Fault[]): HttpResponse {
  const detail =
    kind === 'out-of-stock'
      ? 'There is not enough stock for the lines listed in "errors". Nothing was reserved.'
      : 'The lines listed in "errors" are more than one customer may have. Nothing was reserved.';
  return problem(kind, detail, { errors });
}

const IN_WORDS: Partial<Record<string, string>> = {
  producing: 'being produced',
  produced: 'already produced',
};

/** 409 for an order whose status does not allow what was asked. */
export function conflict(type: 'not-cancelable' | 'not-dead', status: string): HttpResponse {
  return problem(type, `This order is ${IN_WORDS[status] ?? status}.`);
}

/** JSON that no cache may keep, because it is about somebody's orders. */
export function json(
  status: number,
  body: object,
  headers?: Readonly<Record<string, string>>,
): HttpResponse {
  return { status, headers: { 'cache-control': 'no-store', ...headers }, body };
}

/** The type of the problem in an answer, if it has one. */
export function problemIn({
  headers,
  body,
}: APIGatewayProxyStructuredResultV2): string | undefined {
  if (headers?.['content-type'] !== PROBLEM_JSON) return undefined;
  return JSON.parse(body ?? '').type.replace('/problems/', '');
}

/** The response in API Gateway's format. */
export function toGateway(
  { status, headers, body }: HttpResponse,
  requestId: string,
): APIGatewayProxyStructuredResultV2 {
  const isProblem = headers?.['content-type'] === PROBLEM_JSON;
  return {
    statusCode: status,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
      'x-request-id': requestId,
    },
    ...(body && { body: JSON.stringify(isProblem ? { ...body, instance: requestId } : body) }),
  };
}
