import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type RedisServer, startRedisServer } from '../../local/redis/redis-server.ts';
import type { Rules } from '../../local/upstash/rules.ts';
import { startUpstashServer, type UpstashServer } from '../../local/upstash/server.ts';

export const TOKEN = 'a token for tests';

/** A redis-server of one's own behind the REST server. */
export type Stack = {
  redis: RedisServer;
  upstash: UpstashServer;
  /** The SDK as its users set it up; its retries are off, so that a refusal is seen at once. */
  sdk(): Redis;
  /** A bare request with the token. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The parsed answer to one command in the body. */
  command(...command: unknown[]): Promise<Answer>;
};

type StackOptions = { replyMsMax?: number; rules?: Partial<Rules> };

export type Answer = { status: number; body: unknown };

/** Starts a stack for the whole file. The tests in it share no key. */
export function stackForFile(): Stack {
  const stack = {} as Stack;
  let close = async (): Promise<void> => {};
  beforeAll(async () => {
    const started = await start();
    close = started.close;
    Object.assign(stack, started.stack);
  });
  afterAll(() => close());
  return stack;
}

/** Starts a stack for one test, which may do to it what it likes. */
export async function stackForTest(options: StackOptions = {}): Promise<Stack> {
  const { stack, close } = await start(options);
  onTestFinished(close);
  return stack;
}

async function start(
  options: StackOptions = {},
): Promise<{ stack: Stack; close: () => Promise<void> }> {
  const redis = await startRedisServer();
  const upstash = await startUpstashServer({
    socketPath: redis.socketPath,
    token: TOKEN,
    ...options,
  });
  const stack: Stack = {
    redis,
    upstash,
    sdk: () => new Redis({ url: upstash.url, token: TOKEN, retry: { retries: 0 } }),
    request: (path, init = {}) =>
      fetch(`${upstash.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
      }),
    command: (...command) => post(stack, '/', command),
  };
  return {
    stack,
    async close() {
      await upstash.close();
      await redis.stop();
    },
  };
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
