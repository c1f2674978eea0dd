import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import { type ConsoleOptions, startConsole } from '../../console/server/console.ts';
import type { Me } from '../../lib/contract/schemas.ts';
import type { Scope } from '../../lib/contract/scopes.ts';
import { pretendServer, type Received, type Reply } from '../support/pretend-server.ts';

/** Whatever the console does, this is to be found nowhere. */
export const KEY = 'sluice_canary-key-that-nobody-may-see';

export const stats = {
  ...{ queued: 7, producing: 0, scheduled: 0, dead: 0, produced: 0, canceled: 0 },
  oldestQueuedAgeMs: 1_000,
  approximate: [],
};

export const detail = {
  ...{ queueMax: 1_000, scheduledMax: 1_000, attemptsMax: 24, wakeIntervalMs: null },
  ...{ clients: [], upcoming: { due: [], later: 0 }, upkeep: null, commandsExecuted: null },
};

function meOf(scopes: readonly Scope[]): Me {
  const limits = { ordersPerMinute: null, queuedOrders: 1_000, scheduledOrders: 1_000 };
  const sizes = {
    storedBytes: 1,
    orderBytes: 1,
    orderLines: 1,
    batchBytes: 1,
    batchOrders: 1,
    retentionDays: 30,
  };
  return {
    client: 'ops',
    scopes: [...scopes],
    stage: 'test',
    version: '1',
    limits: { ...limits, ...sizes },
  };
}

const activity = {
  from: '2026-11-28T00:00:00.000Z',
  to: '2026-11-28T01:00:00.000Z',
  ...{ stepMinutes: 1, latencyBoundsMs: [], buckets: [], drains: [], lastSeenAt: null },
};

/** What the API answers a key with `orders:admin`, as far as a test does not say otherwise. */
export function answerOf({ path }: Received, scopes: readonly Scope[] = ['orders:admin']): Reply {
  if (path === '/me') return { status: 200, body: meOf(scopes) };
  if (path.startsWith('/stats')) {
    return { status: 200, body: path.includes('detail') ? { ...stats, detail } : stats };
  }
  if (path.startsWith('/activity')) return { status: 200, body: activity };
  if (path === '/resume') return { status: 200, body: { resumed: true } };
  return { status: 404, body: { message: 'Not Found' } };
}

/** A console in front of a stand-in for the API, which counts what it is asked. */
export async function startedConsole(
  answering: Parameters<typeof pretendServer>[0] = answerOf,
  options: Partial<ConsoleOptions> = {},
) {
  const { url, received } = await pretendServer(answering);
  const { address, entrance, close } = await startConsole({ api: { url, key: KEY }, ...options });
  onTestFinished(close);
  const { port, hash } = new URL(address);
  const token = hash.slice(1);

  /** As any program may ask, with whatever headers it likes. */
  function ask(
    path: string,
    { method = 'GET', headers = {}, body = '' }: Ask = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path, method, headers: { ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.on('end', () => {
            const { statusCode: status = 0, headers: got } = answer;
            resolve({ status, headers: got, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  const own = { 'x-console-token': token };
  /** As the page asks. */
  const read = async (path: string) => JSON.parse((await ask(path, { headers: own })).text);
  const change = (path: string, body: object, action: string = crypto.randomUUID()) =>
    ask(path, {
      method: 'POST',
      headers: { ...own, 'content-type': 'application/json', 'x-console-action': action },
      body: JSON.stringify(body),
    });
  return { address, entrance, port, token, received, ask, read, change, own };
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}
