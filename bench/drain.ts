import { randomUUID } from 'node:crypto';
import { systemClock } from '../lib/clock.ts';
import { drain } from '../lib/drain/drain.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { createProducer } from '../lib/producers/order-numbers.ts';
import { readyClients } from '../lib/store/claim.ts';
import { bullmqOn } from './bullmq.ts';
import { median, ratio, rounded, timed } from './figures.ts';
import { fillQueue, freshStore } from './orders.ts';
import { type Server, startDelay, startServer } from './servers.ts';

/** A drain as the function runs it, with the settings that it has by default. */
export const DRAIN_LIMITS = {
  batchSize: 500,
  lanes: 2,
  leaseMs: 30_000,
  attemptsMax: 24,
  isAnnounced: false,
  settleMs: 6_000,
  produceMsMin: 2_000,
};

const ORDERS = 5_000;
const ROUNDS = 5;
const DELAYS_MS = [0, 2];
const WAYS = [1, 2].flatMap((lanes) => [100, 200, 500].map((batchSize) => ({ lanes, batchSize })));

/**
 * Orders a second through claim, default production and settle, over HTTP, beside BullMQ's worker
 * over TCP, on the same redis-server in turn, with and without time on the network.
 */
export async function drainRate(): Promise<string> {
  const server = await startServer();
  try {
    const tables: string[] = [];
    for (const delayMs of DELAYS_MS) tables.push(await besideBullmq(server, delayMs));
    return [`drain of ${rounded(ORDERS)} orders, ${ROUNDS} rounds in turn`, ...tables].join('\n');
  } finally {
    await server.stop();
  }
}

async function besideBullmq(server: Server, delayMs: number): Promise<string> {
  const network = delayMs === 0 ? undefined : await startDelay(server.port, delayMs);
  const theirs: number[] = [];
  const ours = WAYS.map(() => [] as number[]);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      theirs.push(perSecond(await workOnce(network?.port ?? server.port)));
      for (const [at, way] of WAYS.entries()) {
        ours[at]?.push(perSecond(await drainOnce(server, way, delayMs)));
      }
    }
  } finally {
    await network?.stop();
  }
  const rows = WAYS.map(({ lanes, batchSize }, at) => {
    const rates = ours[at] ?? [];
    const name = `batches of ${batchSize}, ${lanes === 1 ? '1 lane ' : '2 lanes'}`;
    return `  ${name}  ${rounded(median(rates)).padStart(6)} orders/s, ratio ${ratio(rates, theirs)}`;
  });
  return [
    ` ${delayMs} ms of network each way`,
    `  BullMQ, 100 at once    ${rounded(median(theirs)).padStart(6)} jobs/s`,
    ...rows,
  ].join('\n');
}

function perSecond(ms: number): number {
  return ORDERS / (ms / 1_000);
}

async function workOnce(port: number): Promise<number> {
  const bullmq = bullmqOn(port);
  try {
    await bullmq.add(ORDERS, 500);
    await bullmq.ready();
    return await bullmq.work(ORDERS);
  } finally {
    await bullmq.close();
  }
}

async function drainOnce(
  server: Server,
  way: { readonly lanes: number; readonly batchSize: number },
  delayMs: number,
): Promise<number> {
  const store = freshStore(server);
  await fillQueue(store, ORDERS);
  const dependencies = {
    store,
    producer: createProducer({
      env: {},
      clock: systemClock,
      random: Math.random,
      log: () => undefined,
    }),
    clock: systemClock,
    random: Math.random,
    log: () => undefined,
    metrics: NO_METRICS,
  };
  const limits = { ...DRAIN_LIMITS, ...way };
  await server.setDelay(delayMs);
  try {
    let produced = 0;
    const ms = await timed(async () => {
      const end = { deadlineMs: Date.now() + 120_000, signal: new AbortController().signal };
      const ready = await readyClients(store, Date.now());
      const start = { drainId: randomUUID(), ready };
      produced = (await drain(dependencies, limits, end, start)).produced;
    });
    if (produced !== ORDERS) throw new Error(`${produced} orders were produced, not ${ORDERS}`);
    return ms;
  } finally {
    await server.setDelay(0);
  }
}
