import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDatabase } from '../../../local/postgres/database.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { type Lasting, startLasting } from '../lasting.ts';

export interface LastingPostgres extends Lasting {
  /** Of the one that is up, or was last. */
  url(): string;
}

const START_MS_MAX = 20_000;
const RETRY_MS = 100;

/** Starts PostgreSQL with the producer's tables, on data in `dir` that it writes through. */
export async function startLastingPostgres(dir: string): Promise<LastingPostgres> {
  let current: PostgresServer | undefined;
  const lasting = await startLasting(async () => {
    current = await startOnWhatIsLeft(dir);
    const pidFile = path.join(current.dir, 'data', 'postmaster.pid');
    return { ...current, pid: Number.parseInt(readFileSync(pidFile, 'utf8'), 10) };
  });
  return { ...lasting, url: () => current?.url as string };
}

/** Sessions of one that was killed end what they are at, and no other can start before that. */
async function startOnWhatIsLeft(dir: string): Promise<PostgresServer> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return await startDatabase({ dir });
    } catch (error) {
      if (waitedMs >= START_MS_MAX) throw error;
      await pause(RETRY_MS);
    }
  }
}
