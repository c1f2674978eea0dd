import { renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type RedisServer, startRedisServer } from '../../local/redis/redis-server.ts';

/** A redis-server that is started again on its data, whoever has killed it. */
export interface LastingRedis {
  /** Stays the same from one redis-server to the next. */
  readonly socketPath: string;
  /** SIGKILL, unless it is being started again anyway; answers which. */
  kill(): boolean;
  /** Resolves once one answers. */
  isBack(): Promise<void>;
  /** How often one has died, killed by this or by anybody. */
  deaths(): number;
  /** Rejects where none could be started again. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Starts a redis-server that appends with an fsync for each reply, on data below `dir`. */
export async function startLastingRedis(dir: string): Promise<LastingRedis> {
  const socketPath = path.join(dir, 's');
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let deaths = 0;
  let isStopping = false;
  let server = await start();
  let isUp = true;
  let next = Promise.resolve();
  watch();

  async function start(): Promise<RedisServer> {
    const started = await startRedisServer({ dir: path.join(dir, 'data') });
    // Each has a socket of its own; the link is moved to it in one step.
    symlinkSync(started.socketPath, `${socketPath}.next`);
    renameSync(`${socketPath}.next`, socketPath);
    return started;
  }

  function watch() {
    next = server.exited.catch(async () => {
      if (isStopping) return;
      isUp = false;
      deaths += 1;
      server = await start();
      isUp = true;
      watch();
    });
    next.catch((error) => failure.reject(error));
  }

  return {
    socketPath,
    kill() {
      if (!isUp) return false;
      isUp = false;
      return process.kill(server.pid, 'SIGKILL');
    },
    async isBack() {
      if (!isUp) await next;
    },
    deaths: () => deaths,
    failed: failure.promise,
    async stop() {
      isStopping = true;
      await server.stop();
    },
  };
}
