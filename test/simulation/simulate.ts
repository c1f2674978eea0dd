/**
 * `npm run simulate`: runs the simulation for as many seeds as are asked for. Each seed decides one
 * run: what clients submit, what becomes of every request to Redis, which drains crash or freeze,
 * whose clock is wrong, and what the producer does. The same seed is the same run.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import { range, runSeeds } from './seeds.ts';

const USAGE = `Usage: npm run simulate [-- --seeds N --from SEED --history]

Runs N seeds (2000), from SEED (1) on. A seed that fails is told with the history of the order that it
fails for, and the exit code is 1. --history tells all that happened, also of seeds that pass.
`;
/** Told in full; further ones by their seeds alone. */
const FAILURES_TOLD = 3;

interface Share {
  readonly socketPath: string;
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly withHistory: boolean;
}

interface Report {
  readonly seed: number;
  readonly steps: number;
  readonly failure: string | undefined;
  readonly history: readonly string[] | undefined;
}

async function runShare({ socketPath, from, count, step, withHistory }: Share): Promise<void> {
  await runSeeds(socketPath, range(from, count, step), ({ seed, steps, failure, history }) => {
    const told: Report = { seed, steps, failure, history: withHistory ? history() : undefined };
    parentPort?.postMessage(told);
    return true;
  });
}

async function simulate(from: number, seeds: number, withHistory: boolean): Promise<number> {
  const redis = await startRedisServer();
  const startedMs = performance.now();
  const workers = Math.min(availableParallelism(), seeds);
  const failed: number[] = [];
  let steps = 0;
  try {
    const shares = Array.from({ length: workers }, async (_, at) => {
      const { socketPath } = redis;
      const share: Share = {
        ...{ socketPath, from: from + at, count: seeds - at, step: workers, withHistory },
      };
      const thread = new Worker(new URL(import.meta.url), { workerData: share });
      thread.on('message', (report: Report) => {
        steps += report.steps;
        if (report.history) process.stdout.write(`${report.history.join('\n')}\n`);
        if (report.failure === undefined) return;
        failed.push(report.seed);
        if (failed.length <= FAILURES_TOLD) process.stdout.write(`${report.failure}\n\n`);
      });
      await once(thread, 'exit');
    });
    await Promise.all(shares);
  } finally {
    await redis.stop();
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const outcome = failed.length === 0 ? 'All passed.' : `${failed.length} failed: ${failed.sort()}`;
  process.stdout.write(`${seeds} seeds, ${steps} requests in ${seconds} s. ${outcome}\n`);
  return failed.length === 0 ? 0 : 1;
}

if (isMainThread) {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      history: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [from, seeds] = [Number(values.from), Number(values.seeds)];
  const isRight = Number.isSafeInteger(from) && Number.isSafeInteger(seeds) && seeds > 0;
  if (values.help || !isRight) process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : isRight ? await simulate(from, seeds, values.history) : 2;
} else {
  await runShare(workerData as Share);
}
