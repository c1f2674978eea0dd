import { openDatabase } from './database.ts';
import { installNetwork } from './network.ts';
import { type Outcome, runSeed } from './run.ts';

/** How many runs share a process: while one waits for Redis, the others go on. */
const LANES = 32;

/**
 * Runs seeds, many at a time: each has its own time, network and keys, and none can tell.
 *
 * @param seeds  those to run; no further one is begun once `ended` returns `false`
 * @param ended  is told of each
 */
export async function runSeeds(
  socketPath: string,
  seeds: Iterable<number>,
  ended: (outcome: Outcome) => boolean,
): Promise<void> {
  const database = await openDatabase(socketPath);
  const putBack = installNetwork();
  const waiting = seeds[Symbol.iterator]();
  let goesOn = true;
  async function lane() {
    for (let next = waiting.next(); goesOn && next.done !== true; next = waiting.next()) {
      if (!ended(await runSeed(next.value, database))) goesOn = false;
    }
  }
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    putBack();
    database.close();
  }
}

/** @param step  from one seed to the next, where several share the seeds between them */
export function* range(from: number, count: number, step = 1): Generator<number> {
  for (let seed = from; seed < from + count; seed += step) yield seed;
}
