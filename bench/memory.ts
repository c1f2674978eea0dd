import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rounded } from './figures.ts';
import type { Measured, Work } from './memory-process.ts';
import { startServer } from './server.ts';

/** Memory that gives a Lambda a whole processor. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MB_OF_A_CPU = 1_769;

/** The worst that each does, in the order in which the one's orders are the next one's. */
const WORKS: readonly { readonly work: Work; readonly memoryMb: number; readonly what: string }[] =
  [
    { work: 'submit-order', memoryMb: 512, what: 'an order of 256 KiB' },
    { work: 'get-order', memoryMb: 256, what: 'that order' },
    { work: 'submit-batch', memoryMb: 1_024, what: '500 orders in 4 MiB' },
    { work: 'list-orders', memoryMb: 512, what: '100 orders with all metadata' },
    { work: 'drain-queue', memoryMb: 512, what: '4,500 orders of 8 KiB, a megabyte at a time' },
  ];

/**
 * What the functions that carry most need of what `serverless.yml` gives them: each in a process of its
 * own, whose heap may be as large as that memory less 64 MB for the rest of it.
 */
export async function memoryUse(): Promise<string> {
  const server = await startServer();
  try {
    const rows: string[] = [];
    for (const { work, memoryMb, what } of WORKS) {
      const { peakMb, cpuMs, calls } = await measured(work, memoryMb, server);
      const callMs = cpuMs / calls;
      const lambdaMs = (callMs * MB_OF_A_CPU) / memoryMb;
      rows.push(
        `  ${work.padEnd(14)} ${rounded(peakMb)} of ${rounded(memoryMb)} MB, ${rounded(callMs)} ms of a ` +
          `processor a call, ${rounded(lambdaMs)} ms with that memory: ${what}`,
      );
    }
    return ['memory: the most that was held, and the processor time of a call', ...rows].join('\n');
  } finally {
    await server.stop();
  }
}

async function measured(
  work: Work,
  memoryMb: number,
  { url, token }: { url: string; token: string },
): Promise<Measured> {
  const file = fileURLToPath(new URL('./memory-process.ts', import.meta.url));
  const child = fork(file, [work], {
    execArgv: [`--max-old-space-size=${memoryMb - 64}`],
    // The drain's log is not for here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token },
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Measured));
    child.once('exit', (code) => reject(new Error(`${work} ended with ${code}`)));
  });
}
