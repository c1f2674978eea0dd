import { expect, test } from 'vitest';
import {
  Conflict,
  Forbidden,
  InvalidRequest,
  KeyReused,
  NotFound,
  type Refused,
  Unauthorized,
  UnexpectedAnswer,
} from '../../lib/client/errors.ts';
import { inTurn, pretendApi } from './pretend-api.ts';

test.each([
  [400, 'invalid-query', InvalidRequest],
  [401, 'unauthorized', Unauthorized],
  [403, 'forbidden', Forbidden],
  [404, 'not-found', NotFound],
  [409, 'drain-running', Conflict],
  [413, 'body-too-large', InvalidRequest],
  [415, 'unsupported-media-type', InvalidRequest],
  [422, 'idempotency-key-reused', KeyReused],
])('a %i has an error of its own, with the problem', async (status, type, Meant) => {
  const errors = [{ pointer: '/a', detail: 'b' }];
  const body = { type: `/problems/${type}`, title: 'T', status, detail: 'D', errors };
  const { client, received } = await pretendApi(
    inTurn({ status, body, headers: { 'x-request-id': 'r-1' } }),
  );
  const error = await client.stats().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Meant);
  const problem = { status, type: `/problems/${type}`, detail: 'D', errors, requestId: 'r-1' };
  expect((error as Refused).problem).toEqual(problem);
  expect(received).toHaveLength(1);
});

test.each([
  ['another site’s page', { status: 200, body: '<html>' }],
  [
    'a redirect, which is not followed with the key',
    { status: 302, headers: { location: '/elsewhere' } },
  ],
  ['a path that is no route', { status: 404, body: { message: 'Not Found' } }],
])('what is not the API is told by its answer: %s', async (_name, reply) => {
  const { client, received } = await pretendApi(inTurn(reply));
  await expect(client.stats()).rejects.toThrow(UnexpectedAnswer);
  expect(received).toHaveLength(1);
});
