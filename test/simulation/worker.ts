/** Runs every n-th seed of a range for `simulate.ts`, in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { range, runSeeds } from './seeds.ts';

export interface WorkerOrder {
  readonly socketPath: string;
  readonly from: number;
  readonly count: number;
  readonly step: number;
  /** Whether all that happened is told, also of a seed that passes. */
  readonly withHistory: boolean;
}

export interface WorkerReport {
  readonly seed: number;
  readonly steps: number;
  readonly failure: string | undefined;
  readonly history: readonly string[] | undefined;
}

const { socketPath, from, count, step, withHistory } = workerData as WorkerOrder;

await runSeeds(socketPath, range(from, count, step), ({ seed, steps, failure, history }) => {
  const told = withHistory ? history() : undefined;
  parentPort?.postMessage({ seed, steps, failure, history: told } satisfies WorkerReport);
  return true;
});
