import { beforeAll, expect, test } from 'vitest';
import { type Call, type Deployment, deploy, ROUTES } from './deployment.ts';

let api: Deployment;
let routes: (keyof typeof ROUTES)[];
beforeAll(async () => {
  api = await deploy();
  routes = Object.keys(ROUTES) as typeof routes;
});

const UUID = /^[0-9a-f-]{36}$/;

/** Calls every route, as somebody and as nobody, and answers the ids that they got. */
async function idsOf(call: Call): Promise<string[]> {
  const ids: string[] = [];
  for (const route of routes) {
    for (const answer of [
      await api.call(route, call),
      await api.call(route, { ...call, as: undefined }),
    ]) {
      const { headers, body, status } = answer;
      const isProblem = headers['content-type'] === 'application/problem+json';
      expect(isProblem).toBe(status >= 400);
      expect(body.instance).toBe(isProblem ? headers['x-request-id'] : undefined);
      ids.push(headers['x-request-id'] ?? '');
    }
  }
  return ids;
}

test('an id of 1 to 128 harmless characters is sent back', async () => {
  for (const id of ['a', 'A-z_0.9', '..', 'x'.repeat(128)]) {
    expect(new Set(await idsOf({ headers: { 'x-request-id': id } }))).toEqual(new Set([id]));
  }
});

test('any other id is replaced, and a missing one made, each time a new one', async () => {
  const others = [
    '',
    ' ',
    'x'.repeat(129),
    'a b',
    'a,b',
    'a/b',
    '<script>',
    'é',
    'a\r\nb: c',
    'a\0',
  ];
  const ids: string[] = await idsOf({});
  for (const id of others) {
    const answer = await api.call('stats', { headers: { 'x-request-id': id } });
    ids.push(answer.headers['x-request-id'] ?? '');
  }
  for (const id of ids) expect(id).toMatch(UUID);
  expect(new Set(ids).size).toBe(ids.length);
});
