import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { Log } from '../log.ts';
import { StoreUnavailable, type UnavailableKind } from '../store/errors.ts';
import type { RateLimit } from '../store/rate-limit.ts';
import type { Scope } from './api-keys.ts';
import { type Caller, type Callers, isAdmin, mayCall } from './authenticate.ts';
import { type HttpResponse, problem, toGateway } from './responses.ts';

/** A request whose caller is known and may make it. */
export interface HttpRequest {
  readonly caller: Caller;
  /** As the caller gets it in `X-Request-Id`. */
  readonly requestId: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  /** A parameter that stands twice is one, joined by a comma. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** Milliseconds until the Lambda is ended. */
  remainingMs(): number;
}

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface RouteDependencies {
  readonly callers: Callers;
  readonly log: Log;
  readonly now: () => number;
  /** For all callers but `orders:admin`, who must be able to act when things are bad. */
  readonly rateLimit?: RateLimit | undefined;
}

const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const RETRY_AFTER_S = '2';

/**
 * Makes the only maker of HTTP functions. A route checks who calls, and for which scope, before anything
 * else of the request is looked at, so that no function can forget to, and answers a store that
 * is unavailable with 503 and anything unforeseen with 500, telling the log and not the caller.
 */
export function routeWith({ callers, log, now, rateLimit }: RouteDependencies) {
  async function refusalOf(caller: Caller): Promise<HttpResponse | undefined> {
    if (rateLimit === undefined || isAdmin(caller)) return undefined;
    const retryAfterS = await rateLimit(caller.client, now());
    return retryAfterS === undefined ? undefined : tooManyRequests(retryAfterS);
  }

  return function route(
    { scope }: { readonly scope: Scope | 'any' },
    handle: (request: HttpRequest) => Promise<HttpResponse>,
  ): HttpHandler {
    return async function handler(event, context) {
      // API Gateway always sends headers; a test event of the console may have none.
      const headers = event.headers ?? {};
      const requestId = requestIdOf(headers, context);
      try {
        const caller = callers.identify(event);
        if (caller === undefined) return toGateway(unauthorized(callers.advice), requestId);
        if (!mayCall(caller, scope)) return toGateway(forbidden(scope), requestId);
        const refusal = await refusalOf(caller);
        const request = requestFrom(event, context, { caller, requestId });
        return toGateway(refusal ?? (await handle(request)), requestId);
      } catch (error) {
        log('error', 'request-failed', {
          requestId,
          route: event.routeKey,
          error: error instanceof Error ? error.name : 'unknown',
          ...(error instanceof StoreUnavailable
            ? { reason: error.message }
            : { stack: error instanceof Error ? error.stack : String(error) }),
        });
        return toGateway(failure(error, event), requestId);
      }
    };
  };
}

/** What is answered where a function cannot be made, as its secrets cannot be read: by then nobody is known. */
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
    'The service could not read what it needs. Nothing was done: try again after the time in Retry-After.';
  const headers = { 'retry-after': RETRY_AFTER_S };
  return toGateway(problem('store-unavailable', detail, { headers }), requestId);
}

function requestIdOf(headers: APIGatewayProxyEventV2['headers'], context: Context): string {
  const id = headers['x-request-id'] ?? '';
  return SANE_REQUEST_ID.test(id) ? id : context.awsRequestId;
}

function forbidden(scope: Scope | 'any'): HttpResponse {
  const what = scope === 'any' ? 'one of the scopes' : `the scope ${scope}`;
  return problem('forbidden', `This caller does not have ${what}.`);
}

function tooManyRequests(retryAfterS: number): HttpResponse {
  const detail = 'This client has made all requests of this minute. Nothing of this one was done.';
  return problem('too-many-requests', detail, { headers: { 'retry-after': String(retryAfterS) } });
}

function unauthorized(advice: string): HttpResponse {
  return problem('unauthorized', advice, { headers: { 'www-authenticate': 'Bearer' } });
}

function requestFrom(
  event: APIGatewayProxyEventV2,
  context: Context,
  known: Pick<HttpRequest, 'caller' | 'requestId'>,
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
    return problem('internal', 'Something went wrong here; the log has it under this request id.');
  }
  const detail = `${WHAT_HAPPENED[error.kind]} ${WHAT_TO_DO[kindOf(event)]}`;
  return problem('store-unavailable', detail, { headers: { 'retry-after': RETRY_AFTER_S } });
}

const NO_ANSWER = 'Redis did not answer, or refused.';

const WHAT_HAPPENED: Readonly<Record<UnavailableKind, string>> = {
  unreachable: 'Redis could not be reached, or did not answer in time.',
  full: 'The database is full. Its operator must make room or choose a larger plan.',
  budget: 'The database has used up its commands. Its operator must raise the budget.',
  record:
    'A key of the database has reached its size limit. Its operator must drain it, or lower SLUICE_QUEUE_MAX.',
  'too-large': 'The request to Redis is too large.',
  throttled: 'The database gets more commands than it can take in a second.',
  unauthorized: NO_ANSWER,
  failed: NO_ANSWER,
};

const WHAT_TO_DO = {
  read: 'Try again after the time in Retry-After.',
  submit:
    'Whether the request took effect is unknown. It is safe to repeat as it is: an order with the ' +
    'same idempotency key is taken once.',
  change:
    'Whether the request took effect is unknown: look at what it was to change before you repeat it.',
};

function kindOf({ requestContext, routeKey }: APIGatewayProxyEventV2): keyof typeof WHAT_TO_DO {
  if (requestContext.http.method === 'GET') return 'read';
  return /^POST \/orders(?:\/batch)?$/.test(routeKey) ? 'submit' : 'change';
}
