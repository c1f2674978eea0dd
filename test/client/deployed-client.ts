import { createClient } from '../../lib/client/client.ts';
import type { Fetch } from '../../lib/client/platform.ts';
import { deploy, ROUTES } from '../http/deployment.ts';
import { bearer, type TestKey } from '../support/functions.ts';
import { passingTime } from '../support/passing-time.ts';

export interface Sent {
  /** Such as `POST /orders`. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What becomes of a request on its way to the real handlers. */
export type Fate = 'pass' | 'lose-request' | 'lose-reply';

/** Clients of a fresh deployment, whose waits pass at once, over a network that fails as told. */
export async function deployedClient(
  fateOf: (sent: Sent, index: number) => Fate = () => 'pass',
  variables: Readonly<Record<string, string>> = {},
) {
  const api = await deploy(undefined, variables);
  const sent: Sent[] = [];
  const time = passingTime();
  const fetch: Fetch = async (url, { method, headers, body }) => {
    const { route, query, ...named } = routeOf(method, new URL(url));
    const request = { route: ROUTES[route], headers, body };
    const fate = fateOf(request, sent.push(request) - 1);
    if (fate === 'lose-request') throw new TypeError('fetch failed');
    const answer = await api.call(route, {
      headers,
      query,
      ...named,
      ...(body !== undefined && { body }),
    });
    if (fate === 'lose-reply') throw new TypeError('fetch failed');
    return new Response(answer.text || null, { status: answer.status, headers: answer.headers });
  };
  const clientOf = (as: TestKey) => {
    const key = bearer(as).replace('Bearer ', '');
    return createClient({ url: 'https://sluice.example/', key, fetch, ...time });
  };
  return { api, clientOf, sent, sleptMs: time.sleptMs };
}

/** All that comes. */
export async function collected<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function routeOf(method: string, url: URL) {
  for (const [name, key] of Object.entries(ROUTES)) {
    const [routeMethod, path = ''] = key.split(' ');
    const match = new RegExp(`^${path.replace(/\{(id|sku)\}/, '([^/]+)')}$`).exec(url.pathname);
    if (routeMethod !== method || !match) continue;
    const value = match[1] && decodeURIComponent(match[1]);
    const named = value ? { [path.includes('{sku}') ? 'sku' : 'id']: value } : {};
    const query = Object.fromEntries(url.searchParams);
    return { route: name as keyof typeof ROUTES, query, ...named };
  }
  throw new Error(`${method} ${url.pathname} is no route`);
}
