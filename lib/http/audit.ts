import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isOrderId } from '../orders/identity.ts';
import { type Caller, isAdmin } from './authenticate.ts';
import type { HttpResponse } from './responses.ts';

/**
 * What is audited, and of whom. A change is audited whoever makes it; reading orders only where it is
 * done with `orders:admin`, which sees the orders of all clients.
 */
const AUDITED = {
  cancel: 'anyone',
  replace: 'anyone',
  erase: 'anyone',
  redrive: 'anyone',
  drain: 'anyone',
  pause: 'anyone',
  resume: 'anyone',
  'set-stock': 'anyone',
  'untrack-stock': 'anyone',
  read: 'admins',
  list: 'admins',
} as const satisfies Readonly<Record<string, 'anyone' | 'admins'>>;

export type AuditedAction = keyof typeof AUDITED;

interface Audited {
  readonly event: APIGatewayProxyEventV2;
  /** `undefined` if nobody is known to call. */
  readonly caller: Caller | undefined;
  readonly action: AuditedAction | undefined;
  readonly response: Pick<HttpResponse, 'status' | 'audit'>;
}

/**
 * The fields of an audit line: for each 401 and 403, and for each answer of a route that names an
 * action. They never hold a body, a query, or a header.
 *
 * @returns `undefined` where nothing is audited
 */
export function auditOf({ event, caller, action, response }: Audited) {
  const { status, audit } = response;
  const isRefused = status === 401 || status === 403;
  if (!isRefused && !isAudited(action, caller)) return undefined;
  const { id } = event.pathParameters ?? {};
  return {
    ...(action !== undefined && { action }),
    route: event.routeKey,
    status,
    ...(caller !== undefined && { client: caller.client, scopes: caller.scopes }),
    ...(id !== undefined && isOrderId(id) && { order: id }),
    ...audit,
  };
}

function isAudited(action: AuditedAction | undefined, caller: Caller | undefined): boolean {
  if (action === undefined || caller === undefined) return false;
  return AUDITED[action] === 'anyone' || isAdmin(caller);
}
