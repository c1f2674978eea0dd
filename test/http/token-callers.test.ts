import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import { callersByToken } from '../../lib/http/token-callers.ts';
import { bearer, httpEvent, lambdaContext } from '../support/functions.ts';
import { deploy, ROUTES } from './deployment.ts';

const ISSUER = 'https://issuer.example/';
const SHOP = { iss: ISSUER, client_id: 'shop', scope: 'orders:write orders:read' };
type Claims = Readonly<Record<string, unknown>>;

/** A request as API Gateway passes it on, once its authorizer has accepted these claims. */
function eventWith(claims: Claims | undefined, headers = {}): APIGatewayProxyEventV2 {
  const event = httpEvent(ROUTES.stats, { headers });
  const authorizer = { principalId: '', integrationLatency: 0, jwt: { claims, scopes: null } };
  const requestContext = { ...event.requestContext, ...(claims && { authorizer }) };
  return { ...event, requestContext };
}

const callerOf = (claims: Claims | undefined, scopePrefix = '', clientClaim = '') =>
  callersByToken({ issuer: ISSUER, scopePrefix, clientClaim }).identify(eventWith(claims));

test('the client is what the chosen claim says, and nobody where that is missing', () => {
  const claims = { ...SHOP, 'https://shop.example/tenant': 'tenant-1' };
  expect(callerOf(claims, '', 'https://shop.example/tenant')?.client).toBe('tenant-1');
  expect(callerOf(SHOP, '', 'tenant')).toBeUndefined();
});

test.each<[string, Claims, string]>([
  ['client_id', SHOP, 'shop'],
  ['client_id rather than azp', { ...SHOP, azp: 'other' }, 'shop'],
  ['azp if there is no client_id', { ...SHOP, client_id: undefined, azp: 'web' }, 'web'],
])('the client of a token is its %s', (_, claims, client) => {
  expect(callerOf(claims)?.client).toBe(client);
});

test.each<[string, Claims | undefined]>([
  ['no claims at all', undefined],
  ['empty claims', {}],
  ['no issuer', { ...SHOP, iss: undefined }],
  ['another issuer', { ...SHOP, iss: 'https://issuer.example' }],
  ['no client but a user', { ...SHOP, client_id: undefined, sub: 'shop' }],
  ['an empty client', { ...SHOP, client_id: '' }],
  ['a client that is no name', { ...SHOP, client_id: 'shop\n' }],
  ['a client of 65 characters', { ...SHOP, client_id: 's'.repeat(65) }],
  ['several clients', { ...SHOP, client_id: ['shop'] }],
  ['no scopes', { ...SHOP, scope: undefined }],
  ['scopes that are not text', { ...SHOP, scope: { 'orders:write': true } }],
])('a token with %s is nobody’s', (_, claims) => {
  expect(callerOf(claims)).toBeUndefined();
});

test.each<[Claims, string[]]>([
  [{ scope: 'openid orders:write' }, ['orders:write']],
  [{ scope: undefined, scp: 'orders:read' }, ['orders:read']],
  [{ scope: '[openid orders:admin]' }, ['orders:admin']],
  [{ scope: '' }, []],
  [{ scope: 'orders:writers orders:write:all xorders:write' }, []],
  [{ scope: 'ORDERS:WRITE' }, []],
  [{ scope: 'other/orders:write' }, []],
  [{ scope: 'orders:read,orders:write' }, []],
])('a token with the claims %j has the scopes %j', (claims, scopes) => {
  expect(callerOf({ ...SHOP, ...claims })?.scopes).toEqual(scopes);
});

test('if scopes have a prefix, only those with it count', () => {
  const claims = { ...SHOP, scope: 'sluice/orders:write orders:read' };
  expect(callerOf(claims, 'sluice/')?.scopes).toEqual(['orders:write']);
});

const JWT = { SLUICE_JWT_ISSUER: ISSUER, SLUICE_JWT_AUDIENCE: 'orders' };

test('a function takes tokens and no API keys where API Gateway checks tokens', async () => {
  await deploy(undefined, { ...JWT, SLUICE_API_KEYS: 'not read, so not checked' });
  const { handler } = await import('../../functions/stats.ts');
  const statusOf = async (claims: Claims | undefined, headers = {}) =>
    (await handler(eventWith(claims, headers), lambdaContext())).statusCode;
  const key = { authorization: bearer('admin') };
  expect(await statusOf({ ...SHOP, scope: 'orders:admin' })).toBe(200);
  expect(await statusOf(SHOP)).toBe(403);
  expect(await statusOf(SHOP, key)).toBe(403);
  expect(await statusOf(undefined, key)).toBe(401);
});

test.each(['SLUICE_JWT_ISSUER', 'SLUICE_JWT_AUDIENCE'])(
  'without %s no function starts, rather than take API keys',
  async (name) => {
    await expect(deploy(undefined, { ...JWT, [name]: '' })).rejects.toThrow(`${name} is missing`);
  },
);
