import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { bearer, httpEvent, lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy, ROUTES } from './deployment.ts';

const ISSUER = 'https://issuer.example/';
const SHOP = { iss: ISSUER, client_id: 'shop', scope: 'orders:write orders:read' };

let api: Deployment;

beforeAll(async () => {
  api = await deploy(undefined, {
    SLUICE_JWT_ISSUER: ISSUER,
    SLUICE_JWT_AUDIENCE: 'orders',
    // Not read, so not checked.
    SLUICE_API_KEYS: 'none',
  });
});

/** A request as API Gateway hands it on, once its authorizer has let it through with these claims. */
async function call(
  route: 'submit' | 'read' | 'stats' | 'openapi',
  claims: Readonly<Record<string, unknown>> | undefined,
  { id, headers = {} }: { id?: unknown; headers?: Record<string, string> } = {},
) {
  const event = httpEvent(ROUTES[route], {
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    ...(route === 'submit' && { body: JSON.stringify(orderBody()) }),
    ...(id !== undefined && { pathParameters: { id: String(id) } }),
  });
  const authorizer = { principalId: '', integrationLatency: 0, jwt: { claims, scopes: null } };
  const requestContext = { ...event.requestContext, ...(claims && { authorizer }) };
  const handlers = {
    submit: (await import('../../functions/submit-order.ts')).handler,
    read: (await import('../../functions/get-order.ts')).handler,
    stats: (await import('../../functions/stats.ts')).handler,
    openapi: (await import('../../functions/openapi.ts')).handler,
  };
  const answer = await handlers[route]({ ...event, requestContext }, lambdaContext());
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? 'null') };
}

test('a client of a token submits an order and reads it, and another does not see it', async () => {
  const accepted = await call('submit', SHOP);
  expect(accepted.status).toBe(202);
  const { id } = accepted.body;
  expect((await call('read', SHOP, { id })).status).toBe(200);
  expect((await call('read', { ...SHOP, client_id: 'other' }, { id })).status).toBe(404);
  const admin = { iss: ISSUER, azp: 'ops', scope: 'orders:admin' };
  expect((await call('read', admin, { id })).body).toMatchObject({ client: 'shop' });
});

test.each([
  ['client_id before azp', { ...SHOP, client_id: 'shop', azp: 'other' }, 'shop'],
  ['azp, where there is no client_id', { ...SHOP, client_id: undefined, azp: 'web' }, 'web'],
])('the client is %s', async (_, claims, client) => {
  const { body } = await call('submit', claims);
  const admin = { iss: ISSUER, client_id: 'ops', scope: 'orders:admin' };
  expect((await call('read', admin, { id: body.id })).body.client).toBe(client);
});

const UNKNOWN: [string, Record<string, unknown> | undefined][] = [
  ['no authorizer’s claims', undefined],
  ['no claims', {}],
  ['no issuer', { ...SHOP, iss: undefined }],
  ['another issuer', { ...SHOP, iss: 'https://issuer.example' }],
  ['no client, but a user', { ...SHOP, client_id: undefined, sub: 'shop' }],
  ['an empty client', { ...SHOP, client_id: '' }],
  ['a client that no name is like', { ...SHOP, client_id: 'shop\n' }],
  ['a client of too many characters', { ...SHOP, client_id: 's'.repeat(65) }],
  ['several clients', { ...SHOP, client_id: ['shop'] }],
  ['no scopes', { ...SHOP, scope: undefined }],
  ['scopes that are no text', { ...SHOP, scope: { 'orders:write': true } }],
];

test.each(UNKNOWN)('a token with %s is nobody’s', async (_, claims) => {
  const { status, body } = await call('submit', claims);
  expect(status).toBe(401);
  expect(body.detail).toContain('token');
});

test('an API key is nothing beside an authorizer, whether it has let a request through or not', async () => {
  const headers = { authorization: bearer('admin') };
  expect((await call('stats', undefined, { headers })).status).toBe(401);
  expect((await call('stats', SHOP, { headers })).status).toBe(403);
});

test.each([
  ['none of the scopes', 'openid profile'],
  ['an empty one', ''],
  ['another scope', 'orders:read'],
  ['scopes that only begin alike', 'orders:writers orders:write:all xorders:write'],
  ['another case', 'ORDERS:WRITE'],
  ['a scope of another API', 'other/orders:write'],
  ['scopes that commas separate', 'orders:read,orders:write'],
])('a token with %s may not submit', async (_, scope) => {
  expect((await call('submit', { ...SHOP, scope })).status).toBe(403);
});

test('a token without one of the scopes may not even see the description', async () => {
  expect((await call('openapi', { ...SHOP, scope: 'openid' })).status).toBe(403);
  expect((await call('openapi', SHOP)).status).toBe(200);
});

test.each([
  ['among others', { ...SHOP, scope: 'openid orders:write' }],
  ['as the claim scp', { ...SHOP, scope: undefined, scp: 'orders:write' }],
  ['as a list, which API Gateway makes a text of', { ...SHOP, scope: '[openid orders:write]' }],
])('a scope counts %s', async (_, claims) => {
  expect((await call('submit', claims)).status).toBe(202);
});

test('where scopes have a prefix, only those with it count', async () => {
  await deploy(undefined, {
    SLUICE_JWT_ISSUER: ISSUER,
    SLUICE_JWT_AUDIENCE: 'orders',
    SLUICE_JWT_SCOPE_PREFIX: 'sluice/',
  });
  expect((await call('submit', { ...SHOP, scope: 'sluice/orders:write' })).status).toBe(202);
  expect((await call('submit', { ...SHOP, scope: 'orders:write' })).status).toBe(403);
});

test('half of the settings stops the cold start, instead of letting keys in', async () => {
  const half = { SLUICE_JWT_ISSUER: '', SLUICE_JWT_AUDIENCE: 'orders' };
  await expect(deploy(undefined, half)).rejects.toThrow('SLUICE_JWT_ISSUER is missing');
  const other = { SLUICE_JWT_ISSUER: ISSUER, SLUICE_JWT_AUDIENCE: '' };
  await expect(deploy(undefined, other)).rejects.toThrow('SLUICE_JWT_AUDIENCE is missing');
  expect(api.environment.SLUICE_JWT_ISSUER).toBe(ISSUER);
});
