import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { freePort } from '../local/ports.ts';
import { shareConnection } from '../local/redis/connection.ts';
import { startRedisServer } from '../local/redis/redis-server.ts';

export type Server = Awaited<ReturnType<typeof startServer>>;

/**
 * A redis-server for one measurement, with Upstash's REST API in front of it and a TCP port beside
 * that. The REST server has a thread of its own: what it costs to speak HTTP is the service's cost
 * and not that of the code which is measured.
 *
 * @param options.dir  where every write is written through to; without it nothing is kept
 */
export async function startServer(options: { dir?: string } = {}) {
  const redis = await startRedisServer({ ...options, isFresh: true });
  const { socketPath } = redis;
  const token = 'bench';
  const rest = await startThread({ kind: 'rest', socketPath, token });
  const url = `http://127.0.0.1:${rest.port}`;
  const port = await freePort();
  const admin = shareConnection({ socketPath });
  await admin.send([
    ['CONFIG', 'SET', 'bind', '127.0.0.1'],
    ['CONFIG', 'SET', 'port', String(port)],
  ]);
  async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const answer = await fetch(`${url}/sluice/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }
  return {
    url,
    token,
    port,
    admin,
    /** Time on the network each way, of the REST server. */
    setDelay: (delayMs: number) =>
      ask('rules', { method: 'PUT', body: JSON.stringify({ delayMs }) }),
    /** A section of what the redis-server says of itself. */
    async info(section: string): Promise<string> {
      const [reply] = await admin.send([['INFO', section]]);
      return reply?.kind === 'bulk' ? reply.bytes.toString() : '';
    },
    /** What Upstash would have billed so far. */
    billedCommands: async () => (await ask<{ billedCommands: number }>('usage')).billedCommands,
    async stop() {
      admin.close();
      await rest.stop();
      await redis.stop();
    },
  };
}

/** A port that leads to another one, with a delay each way and no limit of bandwidth. */
export function startDelay(port: number, delayMs: number) {
  return startThread({ kind: 'delay', port, delayMs });
}

/** What a thread serves: see `server-thread.ts`. */
export type Served =
  | { readonly kind: 'rest'; readonly socketPath: string; readonly token: string }
  | { readonly kind: 'delay'; readonly port: number; readonly delayMs: number };

async function startThread(workerData: Served) {
  const thread = new Worker(new URL('./server-thread.ts', import.meta.url), { workerData });
  const [port] = (await once(thread, 'message')) as [number];
  return { port, stop: async () => void (await thread.terminate()) };
}
