/** A thread that serves what `servers.ts` asks for, and says on which port. */
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { startUpstashServer } from '../local/upstash/server.ts';
import type { Served } from './servers.ts';

/** Passes bytes on, each after the same delay, so in their order. */
function pass(from: net.Socket, to: net.Socket, delayMs: number): void {
  const later = (work: () => void) => setTimeout(work, delayMs);
  from.on('data', (bytes) => later(() => to.write(bytes)));
  from.on('end', () => later(() => to.end()));
  for (const event of ['error', 'close']) from.on(event, () => later(() => to.destroy()));
}

function serveDelayed(port: number, delayMs: number): Promise<number> {
  const server = net.createServer({ noDelay: true }, (client) => {
    const target = net.connect({ port, host: '127.0.0.1', noDelay: true });
    pass(client, target, delayMs);
    pass(target, client, delayMs);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

const served = workerData as Served;
parentPort?.postMessage(
  served.kind === 'rest'
    ? Number(new URL((await startUpstashServer(served)).url).port)
    : await serveDelayed(served.port, served.delayMs),
);
