import type { Reply } from '../protocol.ts';

const KEPT_AS = 'sluice-console-token';
const TOKEN = /^#([\w-]{22})$/;

/**
 * The token comes in the fragment of the address, which browsers never send, and is kept for this tab
 * only. It leaves the address at once, so that it is in no bookmark and no screenshot.
 */
export function takeToken(): string | undefined {
  const [, given] = TOKEN.exec(location.hash) ?? [];
  if (given !== undefined) {
    sessionStorage.setItem(KEPT_AS, given);
    history.replaceState(null, '', '#/now');
  }
  return sessionStorage.getItem(KEPT_AS) ?? undefined;
}

/** The console itself refused, or is gone. */
export class ConsoleGone extends Error {
  override readonly name = 'ConsoleGone';
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal: boolean) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** @throws ConsoleGone */
export async function ask<T>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return await send<T>(`/api/${path}?${search}`, { method: 'GET', headers: {} });
}

/**
 * Asks for a change.
 *
 * @param action  its name: a change is made once, however often it is asked for under one name
 * @throws ConsoleGone
 */
export async function change<T>(path: string, action: string, body: object): Promise<Reply<T>> {
  return await send<Reply<T>>(`/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-console-action': action },
    body: JSON.stringify(body),
  });
}

export function newAction(): string {
  return crypto.randomUUID();
}

async function send<T>(
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
): Promise<T> {
  const token = sessionStorage.getItem(KEPT_AS) ?? '';
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      headers: { ...init.headers, 'x-console-token': token },
    });
  } catch {
    throw new ConsoleGone('The console does not answer: is sluice console still running?', false);
  }
  const body = await response.json();
  if (response.ok) return body;
  throw new ConsoleGone(String(body.refused), response.status === 403);
}
