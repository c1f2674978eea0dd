import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { Scope } from '../contract/scopes.ts';
import type { Log } from '../log.ts';
import { StoreUnavailable, type UnavailableKind } from '../store/errors.ts';
import type { RateLimit } from '../store/rate-limit.ts';
import { type AuditedAction, auditOf } from './audit.ts';
import { type Caller, type Callers, isAdmin, mayCall } from './authenticate.ts';
import { type HttpResponse, problem, toGateway } from './responses.ts';

/** A request whose caller is known and may make it. */
export interface HttpRequest {
  readonly caller: Caller;
  /** Sent back in `X-Request-Id`. */
  readonly requestId: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  /** A parameter that was sent twice is joined by a comma. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** Milliseconds until Lambda stops the function. */
  remainingMs(): number;
  /** Counts orders that it brings beside the first, and refuses it where they are too many. */
  countMore(orders: number): Promise<HttpResponse | undefined>;
}

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface RouteDependencies {
  readonly callers: Callers;
  readonly log: Log;
  readonly now: () => number;
  /** How many Redis commands were billed so far. */
  readonly billed: () => number;
  /** Not for `orders:admin`, who must be able to act when things go wrong. */
  readonly rateLimit?: RateLimit | undefined;
}

interface RouteOptions {
  readonly scope: Scope | 'any';
  /** What the audit line calls it, if there is one for each request. */
  readonly audit?: AuditedAction;
}

const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const RETRY_AFTER_S = '2';

/**
 * Makes `route`, the only way to make an HTTP function. A route checks the caller and the scope before
 * it looks at anything else of the request, so no function can forget to. It answers 503 if the store
 * is unavailable and 500 to anything unforeseen, and tells only the log why. Each 401 and 403 is a line
 * `audit` in the log, and so is each answer of a route that names its `audit` action.
 */
export function routeWith({ callers, log, now, billed, rateLimit }: RouteDependencies) {
  async function refusalOf(caller: Caller, orders: number): Promise<HttpResponse | undefined> {
    if (rateLimit === undefined || isAdmin(caller) || orders === 0) return undefined;
    const over = await rateLimit(caller.client, orders, now());
    return over && tooMany(over);
  }

  return function route(
    { scope, audit: action }: RouteOptions,
    handle: (request: HttpRequest) => Promise<HttpResponse>,
  ): HttpHandler {
    return async function handler(event, context) {
      // API Gateway always sends headers; a test event from the console may have none.
      const requestId = requestIdOf(event.headers ?? {}, context);
      let caller: Caller | undefined;
      const before = billed();
      async function answer(): Promise<HttpResponse> {
        caller = callers.identify(event);
        if (caller === undefined) return unauthorized(callers.advice);
        if (!mayCall(caller, scope)) return forbidden(scope);
        const refusal = await refusalOf(caller, 1);
        if (refusal !== undefined) return refusal;
        const countMore = refusalOf.bind(undefined, caller);
        return handle(requestFrom(event, context, { caller, requestId, countMore }));
      }
      const response = await answer().catch((error: unknown) => {
        log('error', 'request-failed', { requestId, route: event.routeKey, ...faultOf(error) });
        return failure(error, event);
      });
      const audited = auditOf({ event, caller, action, response });
      if (audited !== undefined) {
        log('info', 'audit', { requestId, functionRequestId: context.awsRequestId, ...audited });
      }
      const commands = { 'x-redis-commands': String(billed() - before) };
      const headers =
        caller === undefined ? response.headers : { ...response.headers, ...commands };
      return toGateway({ ...response, ...(headers && { headers }) }, requestId);
    };
  };
}

/** The fields of an unforeseen error in the log. */
function faultOf(error: unknown) {
  if (!(error instanceof Error)) return { error: 'unknown', stack: String(error) };
  const { name, message, stack } = error;
  return { error: name, ...(error instanceof StoreUnavailable ? { reason: message } : { stack }) };
}

/** The answer of a function that cannot read its secrets, and so knows no caller. */
export function unavailable(
  error: unknown,
  event: APIGatewayProxyEventV2,
  context: Context,
  log: Log,
): APIGatewayProxyStructuredResultV2 {
  const requestId = requestIdOf(event.headers ?? {}, context);
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  log('error', 'function-unavailable', { requestId, error: name, reason: message });
  const detail =
    'The service could not read its secrets. Nothing was done. Try again after the time in Retry-After.';
  const headers = { 'retry-after': RETRY_AFTER_S };
  return toGateway(problem('store-unavailable', detail, { headers }), requestId);
}

function requestIdOf(headers: APIGatewayProxyEventV2['headers'], context: Context): string {
  const id = headers['x-request-id'] ?? '';
  return SANE_REQUEST_ID.test(id) ? id : context.awsRequestId;
}

function forbidden(scope: Scope | 'any'): HttpResponse {
  const needed = scope === 'any' ? 'any scope of this API' : `the scope ${scope}`;
  return problem('forbidden', `You do not have ${needed}.`);
}

type Over = NonNullable<Awaited<ReturnType<RateLimit>>>;

function tooMany({ ordersMax, retryAfterS }: Over): HttpResponse {
  const detail =
    `You may submit ${ordersMax} orders a minute; any other request counts as one. Nothing was done. Try ` +
    'again after the time in Retry-After, with no more orders than that.';
  return problem('too-many-requests', detail, { headers: { 'retry-after': String(retryAfterS) } });
}

function unauthorized(advice: string): HttpResponse {
  return problem('unauthorized', advice, { headers: { 'www-authenticate': 'Bearer' } });
}

function requestFrom(
  event: APIGatewayProxyEventV2,
  context: Context,
  known: Pick<HttpRequest, 'caller' | 'requestId' | 'countMore'>,
): HttpRequest {
  return {
    ...known,
    headers: event.headers,
    pathParameters: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    body: event.body ?? '',
    isBase64Encoded: event.isBase64Encoded,
    remainingMs: () => context.getRemainingTimeInMillis(),
  };
}

function failure(error: unknown, event: APIGatewayProxyEventV2): HttpResponse {
  if (!(error instanceof StoreUnavailable)) {
    const detail = 'Something went wrong. The log has the details under this request id.';
    return problem('internal', detail);
  }
  const detail = `${WHAT_HAPPENED[error.kind]} ${WHAT_TO_DO[kindOf(event)]}`;
  return problem('store-unavailable', detail, { headers: { 'retry-after': RETRY_AFTER_S } });
}

const NO_ANSWER = 'Redis did not answer the request, or refused it.';

const WHAT_HAPPENED: Readonly<Record<UnavailableKind, string>> = {
  unreachable: 'Redis could not be reached, or did not answer in time.',
  full: 'The database is full. Its operator must free space or choose a larger plan.',
  budget: 'The database has used up its command budget. Its operator must raise the budget.',
  record:
    'A key of the database has reached its size limit. Its operator must let the queues drain, or ' +
    'lower SLUICE_QUEUE_MAX.',
  'too-large': 'The request is too large for the database.',
  throttled: 'The database receives more commands per second than it can take.',
  unauthorized: NO_ANSWER,
  failed: NO_ANSWER,
};

const AGAIN = 'Try again after the time in Retry-After.';
const UNKNOWN = 'Whether the request took effect is unknown.';

const WHAT_TO_DO = {
  read: AGAIN,
  submit: `${UNKNOWN} It is safe to repeat: an order with the same idempotency key is accepted once.`,
  cancel: `${UNKNOWN} It is safe to repeat.`,
  change: `${UNKNOWN} Check before you repeat it.`,
};

function kindOf({ requestContext, routeKey }: APIGatewayProxyEventV2): keyof typeof WHAT_TO_DO {
  if (requestContext.http.method === 'GET') return 'read';
  if (/^POST \/orders(?:\/batch)?$/.test(routeKey)) return 'submit';
  return routeKey.endsWith('/cancel') ? 'cancel' : 'change';
}
