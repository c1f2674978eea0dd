import { randomUUID } from 'node:crypto';
import type { HttpApi } from './lambda/gateway.ts';

export type Key = 'shop' | 'other' | 'admin';

/** What a client gets. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text as JSON, where there is one. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Calls what was deployed. `answers` is all that came back, by the calls.
 *
 * @param keys  what each sends as a bearer of it: an API key, or a token
 */
export function clientOf({ url }: HttpApi, keys: Readonly<Record<Key, string>>) {
  const answers = new Map<string, string>();

  async function call(
    as: Key | undefined,
    route: string,
    { body, headers = {} }: { body?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const [method = '', path = ''] = route.split(' ');
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${keys[as]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
    const answer = {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: isJson ? JSON.parse(text) : {},
    };
    const name = `${answers.size}: ${route} ${answer.status}`;
    answers.set(name, JSON.stringify(answer.headers) + text);
    return answer;
  }

  async function submit(order: object, { key, as = 'shop' }: { key?: string; as?: Key } = {}) {
    const headers = { 'idempotency-key': key ?? randomUUID() };
    const answer = await call(as, 'POST /orders', { body: order, headers });
    return { ...answer, id: String(answer.body.id) };
  }

  return { answers: answers as ReadonlyMap<string, string>, call, submit };
}
