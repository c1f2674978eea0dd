import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Fault } from '../orders/faults.ts';

/** A response before the route gives it its `X-Request-Id`. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a problem's `instance` is filled in by the route. */
  readonly body?: object;
}

/**
 * Every problem that a function can answer with; `docs/problems.md` explains each.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
const PROBLEMS = {
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  'invalid-order': { status: 400, title: 'The body is not a valid order' },
  'invalid-batch': { status: 400, title: 'The body is not a batch of orders' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key is missing or malformed' },
  unauthorized: { status: 401, title: 'No valid API key' },
  forbidden: { status: 403, title: 'The API key lacks the scope' },
  'not-found': { status: 404, title: 'No such order' },
  'not-cancelable': { status: 409, title: 'The order cannot be canceled any more' },
  'drain-running': { status: 409, title: 'A drain is running' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not JSON' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key was used for another order',
  },
  internal: { status: 500, title: 'Internal error' },
  'store-unavailable': { status: 503, title: 'The store is unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemType = keyof typeof PROBLEMS;

interface ProblemExtras {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem details object as a response. */
export function problem(
  type: ProblemType,
  detail: string,
  { errors, headers }: ProblemExtras = {},
): HttpResponse {
  return {
    status: PROBLEMS[type].status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: { type: `/problems/${type}`, ...PROBLEMS[type], detail, ...(errors && { errors }) },
  };
}

export function invalidOrder(faults: readonly Fault[]): HttpResponse {
  const detail = 'The members named in "errors" are not as they must be.';
  return problem('invalid-order', detail, { errors: faults });
}

/** Also where an order is another client's: the two cannot be told apart. */
export function notFound(): HttpResponse {
  return problem('not-found', 'There is no order with this id among those that you may see.');
}

export function keyReused(): HttpResponse {
  const detail = 'This idempotency key stands for another order; that order is unchanged.';
  return problem('idempotency-key-reused', detail);
}

/** JSON that a shared cache must not keep, as all of it is somebody's orders. */
export function json(
  status: number,
  body: object,
  headers?: Readonly<Record<string, string>>,
): HttpResponse {
  return { status, headers: { 'cache-control': 'no-store', ...headers }, body };
}

/** The response as API Gateway takes it. */
export function toGateway(
  { status, headers, body }: HttpResponse,
  requestId: string,
): APIGatewayProxyStructuredResultV2 {
  const isProblem = headers?.['content-type'] === 'application/problem+json';
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
