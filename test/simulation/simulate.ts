/** `npm run simulate`: runs the simulation for as many seeds as are asked for. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import type { WorkerOrder, WorkerReport } from './worker.ts';

const HELP = `
Each seed decides one run: what clients submit, what becomes of every request to Redis, which
drains crash or freeze, whose clock is wrong, which producer there is and what it and the system
behind do. The same seed is the same run. A seed that fails is told with the history of the order
that it fails for, and the exit code is 1; wrong usage is 2.

Examples:
  npm run simulate -- --seeds 100000
  npm run simulate -- --seeds 1 --from 4711 --history
`;

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly history: boolean;
}

interface Tally {
  seeds: number;
  steps: number;
  readonly failed: number[];
}

/** Told in full; further ones by their seeds alone. */
const FAILURES_TOLD = 3;
/** Beyond so many the rest would say the same. */
const FAILURES_MAX = 100;

async function simulate(options: Options): Promise<number> {
  const { seeds, from, workers, history } = options;
  const redis = await startRedisServer();
  const startedMs = performance.now();
  const tally: Tally = { seeds: 0, steps: 0, failed: [] };
  const progress = showProgress(seeds);
  const threads: Worker[] = [];

  function take(report: WorkerReport) {
    tally.seeds += 1;
    tally.steps += report.steps;
    if (report.history !== undefined) progress.say(report.history.join('\n'));
    if (report.failure !== undefined) {
      tally.failed.push(report.seed);
      if (tally.failed.length <= FAILURES_TOLD) progress.say(`${report.failure}\n`);
      if (tally.failed.length >= FAILURES_MAX) for (const thread of threads) thread.terminate();
    }
    progress.show(tally);
  }

  try {
    await Promise.all(
      Array.from({ length: Math.min(workers, seeds) }, async (_, at) => {
        const { socketPath } = redis;
        const workerData: WorkerOrder = {
          ...{ socketPath, from: from + at, count: seeds - at, step: workers },
          withHistory: history,
        };
        const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
        threads.push(thread);
        thread.on('message', take);
        await once(thread, 'exit');
      }),
    );
  } finally {
    progress.end();
    await redis.stop();
  }
  process.stdout.write(summary(tally, (performance.now() - startedMs) / 1000));
  return tally.failed.length === 0 ? 0 : 1;
}

function summary({ seeds, steps, failed }: Tally, seconds: number): string {
  const rate = (seeds / seconds).toFixed(0);
  const ran = `${seeds} seeds, ${steps} requests in ${seconds.toFixed(1)} s: ${rate} seeds a second.`;
  if (failed.length === 0) return `${ran} All passed.\n`;
  const sorted = failed.toSorted((a, b) => a - b);
  return `${ran} ${failed.length} failed: ${sorted.join(', ')}\n`;
}

/** A bar where somebody watches, else a line for each tenth. */
function showProgress(seeds: number) {
  const { stderr } = process;
  const format =
    'simulating [{bar}] {value} of {total} seeds | {failed} failed | {eta_formatted} left';
  const bar = stderr.isTTY
    ? new SingleBar({ stream: stderr, format, hideCursor: true })
    : undefined;
  let tenthsShown = 0;
  bar?.start(seeds, 0, { failed: 0 });
  return {
    show({ seeds: done, failed }: Tally) {
      bar?.update(done, { failed: failed.length });
      const tenths = Math.floor((done * 10) / seeds);
      if (bar !== undefined || seeds < 1_000 || tenths <= tenthsShown) return;
      tenthsShown = tenths;
      stderr.write(`simulated ${done} of ${seeds} seeds, ${failed.length} failed\n`);
    },
    say(text: string) {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
      process.stdout.write(`${text}\n`);
    },
    end: () => bar?.stop(),
  };
}

function whole(least: number) {
  return (text: string): number => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
  };
}

const program = new Command('npm run simulate --')
  .description('Runs Sluice in a simulated world that fails in every way, from seeds.')
  .option('--seeds <n>', 'how many seeds to run', whole(1), 2_000)
  .option('--from <seed>', 'the first of them', whole(0), 1)
  .option('--workers <n>', 'threads that run them', whole(1), availableParallelism())
  .option('--history', 'tell all that happened, also of seeds that pass', false)
  .addHelpText('after', HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

process.exitCode = await simulate(program.opts<Options>());
