// What the function logs and measures is made, and not printed.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { drain } from '../../lib/drain/drain.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { readyClients } from '../../lib/store/claim.ts';
import { connect } from '../../lib/store/connection.ts';
import { keysWith } from '../../lib/store/keys.ts';
import { quietFunctions } from '../../test/support/quiet-functions.ts';
import { DRAIN_LIMITS } from '../drain.ts';
import { timed } from '../figures.ts';
import { CONTEXT, request, setFunctionEnvironment } from '../functions.ts';
import { startServer } from '../servers.ts';
import type { Take } from './offer.ts';

quietFunctions();

const PREFIX = 'rush:';
const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: 'HOT', quantity: 1, unitAmount: 2_550 }],
};

export type Sluice = Awaited<ReturnType<typeof startSluice>>;

/** The submit function before a Redis that writes every command through, at some network distance. */
export async function startSluice(delayMs: number) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-rush-redis-'));
  const server = await startServer({ dir });
  await server.setDelay(delayMs);
  setFunctionEnvironment(server, { SLUICE_PREFIX: PREFIX });
  const { handler } = await import('../../functions/submit-order.ts');
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 2, random: Math.random });
  const store = { client, keys: keysWith(PREFIX) };
  let run = 0;
  return {
    version: /redis_version:(\S+)/.exec(await server.info('server'))?.[1] ?? '',
    /** Those who serve: instances of the function, each of which handles one request at a time. */
    serve(instances: number): Take[] {
      run += 1;
      const prefix = String(run);
      return Array.from({ length: instances }, () => async (order) => {
        const idempotencyKey = `${prefix}-${order}`;
        const event = request('POST /orders', { body: ORDER, idempotencyKey });
        // A client that is answered 503 asks again, under the same key, and waits on.
        for (let status = 503; status !== 202; ) {
          status = ((await handler(event, CONTEXT)) as { statusCode: number }).statusCode;
          if (status !== 202 && status !== 503) throw new Error(`A submit was answered ${status}`);
        }
      });
    },
    /** Drains until as many orders are produced; milliseconds that this takes. */
    produce(orders: number, step: () => Promise<void>): Promise<number> {
      const producer: Producer = async (some) => {
        await Promise.all(some.map(step));
        return new Map(some.map(({ id }) => [id, { kind: 'produced', orderNumber: 'next' }]));
      };
      return timed(async () => {
        for (let left = orders; left > 0; ) {
          const ready = await readyClients(store, Date.now());
          if (ready.length === 0) continue;
          const dependencies = {
            ...{ store, producer, clock: systemClock, random: Math.random },
            ...{ log: () => undefined, metrics: NO_METRICS },
          };
          const end = { deadlineMs: Date.now() + 300_000, signal: new AbortController().signal };
          const start = { holder: randomUUID(), ready };
          left -= (await drain(dependencies, DRAIN_LIMITS, end, start)).produced;
        }
      });
    },
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
