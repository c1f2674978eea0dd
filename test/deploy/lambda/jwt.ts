import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Account, Authorizer } from '../aws/account.ts';

export type Claims = Readonly<Record<string, unknown>>;

/**
 * Somebody who issues tokens, whose public key AWS can look up by their URL.
 *
 * @returns a signer of claims
 */
export function issuerIn(account: Account, issuer: string) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  account.issuers.set(issuer, publicKey);
  return (claims: Claims) => {
    const parts = [
      { alg: 'RS256', typ: 'JWT' },
      { iss: issuer, ...claims },
    ];
    const head = parts
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${head}.${sign('sha256', Buffer.from(head), privateKey).toString('base64url')}`;
  };
}

/**
 * What API Gateway finds in a token that it takes: one that the authorizer's issuer has signed, for
 * its audience, and whose time it is.
 *
 * @returns nothing where it takes it not
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function claimsIn(
  { issuers }: Account,
  { issuer, audience }: Authorizer,
  authorization: string | undefined,
): Claims | undefined {
  const token = /^(?:Bearer )?([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization ?? '');
  const key = issuers.get(issuer);
  if (token === null || key === undefined) return undefined;
  const [, head = '', body = '', signature = ''] = token;
  const { alg } = jsonIn(head);
  const isSigned =
    alg === 'RS256' &&
    verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  if (!isSigned) return undefined;
  const claims = jsonIn(body);
  const nowS = Date.now() / 1_000;
  const meant = [claims.aud ?? claims.client_id].flat();
  const isMeant = claims.iss === issuer && meant.some((one) => audience.includes(String(one)));
  return isMeant && Number(claims.exp) > nowS && !(Number(claims.nbf) > nowS) ? claims : undefined;
}

function jsonIn(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

/** As functions get them: all is text, and a list is in brackets. */
export function textOf(claims: Claims): Readonly<Record<string, string>> {
  const entries = Object.entries(claims).map(([name, value]) => [
    name,
    Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
  ]);
  return Object.fromEntries(entries);
}
