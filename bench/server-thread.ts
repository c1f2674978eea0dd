import { parentPort, workerData } from 'node:worker_threads';
import { startUpstashServer } from '../local/upstash/server.ts';

const upstash = await startUpstashServer(workerData);
parentPort?.postMessage(upstash.url);
