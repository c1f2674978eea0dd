import { renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import { type Lasting, startLasting } from './lasting.ts';

export interface LastingRedis extends Lasting {
  /** Stays the same from one redis-server to the next. */
  readonly socketPath: string;
}

/** Starts a redis-server that appends with an fsync for each reply, on data below `dir`. */
export async function startLastingRedis(dir: string): Promise<LastingRedis> {
  const socketPath = path.join(dir, 's');
  const lasting = await startLasting(async () => {
    const started = await startRedisServer({ dir: path.join(dir, 'data') });
    // Each has a socket of its own; the link is moved to it in one step.
    symlinkSync(started.socketPath, `${socketPath}.next`);
    renameSync(`${socketPath}.next`, socketPath);
    return started;
  });
  return { ...lasting, socketPath };
}
