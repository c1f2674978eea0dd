import type { Request } from './send.ts';

export const JSON_TYPE = { 'content-type': 'application/json' };

export function get(path: string, query: Readonly<Record<string, unknown>> = {}): Request {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const parameters = given.map(([name, value]): [string, string] => [name, String(value)]);
  const search = new URLSearchParams(parameters).toString();
  return { method: 'GET', path: search ? `${path}?${search}` : path, isRepeatable: true };
}

/** A change. Not safe to repeat unless the caller says so. */
export function post(path: string, body?: object): Request {
  const sent = body && { headers: JSON_TYPE, body: JSON.stringify(body) };
  return { method: 'POST', path, ...sent, isRepeatable: false };
}

export function pathOf(id: string): string {
  return `orders/${encodeURIComponent(id)}`;
}
