import { timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Scope } from '../contract/scopes.ts';
import { type ApiKey, digestOf } from './api-keys.ts';

/** Who calls, once their key was found. */
export interface Caller {
  readonly client: string;
  readonly scopes: readonly Scope[];
}

/** Knows who calls. */
export interface Callers {
  /** `undefined` where nobody is known to call. */
  identify(event: APIGatewayProxyEventV2): Caller | undefined;
  /** For somebody who is not known: what to do. */
  readonly advice: string;
}

/** The callers of a deployment that gives out API keys. */
export function callersByKey(apiKeys: readonly ApiKey[]): Callers {
  return {
    advice: 'Send an API key that is valid, as "Authorization: Bearer <key>".',
    identify: ({ headers }) => authenticate(headers?.authorization, apiKeys),
  };
}

// RFC 6750: the token of a bearer, after a scheme whose case does not matter.
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const KEY_CHARACTERS_MAX = 1_024;

/**
 * Finds the caller by the digest of the key, compared in constant time with each that is kept.
 *
 * @param authorization  the header's value, if there is one
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function authenticate(
  authorization: string | undefined,
  apiKeys: readonly ApiKey[],
): Caller | undefined {
  const key = BEARER.exec(authorization ?? '')?.[1];
  if (key === undefined || key.length > KEY_CHARACTERS_MAX) return undefined;
  const digest = digestOf(key);
  let found: Caller | undefined;
  for (const { sha256, client, scopes } of apiKeys) {
    if (timingSafeEqual(digest, Buffer.from(sha256, 'hex'))) found ??= { client, scopes };
  }
  return found;
}

/** `orders:admin` implies the other two; `any` is for whoever has one of them. */
export function mayCall(caller: Caller, scope: Scope | 'any'): boolean {
  if (scope === 'any') return caller.scopes.length > 0;
  return caller.scopes.includes(scope) || isAdmin(caller);
}

/** Whether the caller may see and change the orders of all clients. */
export function isAdmin(caller: Caller): boolean {
  return caller.scopes.includes('orders:admin');
}
