import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { SCOPES } from '../contract/scopes.ts';
import { isClientName } from './api-keys.ts';
import type { Caller, Callers } from './authenticate.ts';

/** Whose tokens are taken, and how their scopes are named. */
export interface TokenSettings {
  /** The `iss` of each. */
  readonly issuer: string;
  /** Stands before each scope in them, as `sluice/` does in those of Amazon Cognito. */
  readonly scopePrefix: string;
  /** The claim that names the client; empty for `client_id`, or `azp` in tokens without `client_id`. */
  readonly clientClaim: string;
}

/**
 * The callers of a deployment with a JWT authorizer. API Gateway has checked the token by then, its
 * signature, issuer, audience and time; what it found is in the event, and nothing else is looked at.
 *
 * A client is who the token was given to: `client_id`, or `azp` in tokens without it. It is not `sub`,
 * which names a user where there is one, of whose choosing: such a name could be another client's. Another
 * claim can be chosen; then the issuer alone must decide what stands in it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2
 */
export function callersByToken({ issuer, scopePrefix, clientClaim }: TokenSettings): Callers {
  return {
    advice:
      'Send a token of the issuer that this service trusts, as "Authorization: Bearer <token>". It ' +
      'must name its client and its scopes.',
    identify(event): Caller | undefined {
      const claims = claimsOf(event);
      if (claims === undefined || claims.iss !== issuer) return undefined;
      const claim = clientClaim === '' ? (claims.client_id ?? claims.azp) : claims[clientClaim];
      const words = wordsIn(claims.scope ?? claims.scp);
      if (!isClientName(claim) || words === undefined) return undefined;
      const scopes = SCOPES.filter((scope) => words.includes(`${scopePrefix}${scope}`));
      return { client: claim, scopes };
    },
  };
}

function claimsOf({ requestContext }: APIGatewayProxyEventV2): Record<string, unknown> | undefined {
  if (!('authorizer' in requestContext)) return undefined;
  const { jwt } = requestContext.authorizer as { jwt?: { claims?: Record<string, unknown> } };
  return jwt?.claims;
}

/** Words between spaces; API Gateway hands a list on as `[one two]`. */
function wordsIn(claim: unknown): string[] | undefined {
  if (typeof claim !== 'string') return undefined;
  return claim.replace(/^\[(.*)\]$/, '$1').split(' ');
}
