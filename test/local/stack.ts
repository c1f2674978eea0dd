import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Stack as Started, startStack } from '../support/stack.ts';

/** A redis-server behind the REST server, and ways to talk to it. */
export type Stack = Started & {
  /** The SDK as its users set it up; its retries are off, so that a refusal is seen at once. */
  sdk(): Redis;
  /** A bare request with the token. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The parsed answer to one command in the body. */
  command(...command: unknown[]): Promise<Answer>;
};

export type Answer = { status: number; body: unknown };

/** Starts a stack for the whole file. The tests in it share no key. */
export function stackForFile(): Stack {
  const stack = {} as Stack;
  beforeAll(async () => void Object.assign(stack, await start({})));
  afterAll(() => stack.stop());
  return stack;
}

/** Starts a stack for one test, which may do to it what it likes. */
export async function stackForTest(options: Parameters<typeof startStack>[0] = {}): Promise<Stack> {
  const stack = await start(options);
  onTestFinished(stack.stop);
  return stack;
}

async function start(options: Parameters<typeof startStack>[0]): Promise<Stack> {
  const started = await startStack(options);
  const { url, token } = started;
  const stack: Stack = {
    ...started,
    sdk: () => new Redis({ url, token, retry: { retries: 0 } }),
    request: (path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...init.headers },
      }),
    command: (...command) => post(stack, '/', command),
  };
  return stack;
}

/** Sends a JSON body and reads the JSON answer. */
export async function post(
  stack: Stack,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await stack.request(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  return { status: response.status, body: await response.json() };
}

/** The text of the error that was answered, if one was. */
export function errorOf({ body }: Answer): string | undefined {
  return (body as { error?: string }).error;
}
