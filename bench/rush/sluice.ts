// What the function logs and measures is made, and not printed.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { drain } from '../../lib/drain/drain.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { billedCommands } from '../../lib/store/billed-commands.ts';
import { readyClients } from '../../lib/store/claim.ts';
import { connect } from '../../lib/store/connection.ts';
import { keysWith } from '../../lib/store/keys.ts';
import { changeStock } from '../../lib/store/stock.ts';
import { quietFunctions } from '../../test/support/quiet-functions.ts';
import { DRAIN_LIMITS } from '../drain.ts';
import { timed } from '../figures.ts';
import { CONTEXT, type Handler, request, setFunctionEnvironment } from '../functions.ts';
import { startServer } from '../servers.ts';
import type { Take } from './offer.ts';

quietFunctions();

const PREFIX = 'rush:';
const ORDER = { customer: '17850', currency: 'GBP' };
const [ACCEPTED, OUT_OF_STOCK, UNAVAILABLE] = [202, 409, 503];

export type Sluice = Awaited<ReturnType<typeof startSluice>>;

/**
 * The submit function before a Redis that writes every command through, at some network distance.
 *
 * @param hasStock  whether it keeps stock
 */
export async function startSluice(delayMs: number, hasStock: boolean) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-rush-redis-'));
  const server = await startServer({ dir });
  await server.setDelay(delayMs);
  const environment = { SLUICE_PREFIX: PREFIX, SLUICE_STOCK: hasStock ? 'on' : 'off' };
  setFunctionEnvironment(server, environment);
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 2, random: Math.random });
  const store = { client, keys: keysWith(PREFIX) };
  const instances: Handler[] = [];
  let run = 0;
  return {
    version: /redis_version:(\S+)/.exec(await server.info('server'))?.[1] ?? '',
    /** What Upstash would have billed so far, as Redis itself counts it. */
    commands: async () => billedCommands(await server.info('commandstats')),
    /**
     * Those who serve: instances of the function, each of which handles one request at a time and
     * knows only what it has seen itself.
     *
     * @param units  what there is of the item that this rush is for; left out if it is not tracked
     */
    async serve(count: number, units?: number): Promise<Take[]> {
      run += 1;
      const prefix = String(run);
      const sku = `HOT-${run}`;
      if (units !== undefined) await changeStock(store, [{ sku, kind: 'set', units }], sku);
      while (instances.length < count) instances.push(await newInstance());
      const body = { ...ORDER, lines: [{ sku, quantity: 1, unitAmount: 2_550 }] };
      return instances.slice(0, count).map((handler) => async (order) => {
        const idempotencyKey = `${prefix}-${order}`;
        const event = request('POST /orders', { body, idempotencyKey });
        // A client that is answered 503 asks again, under the same key, and waits on.
        for (;;) {
          const { statusCode } = (await handler(event, CONTEXT)) as { statusCode: number };
          if (statusCode === ACCEPTED) return true;
          if (statusCode === OUT_OF_STOCK && units !== undefined) return false;
          if (statusCode !== UNAVAILABLE) throw new Error(`A submit was answered ${statusCode}`);
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
          const start = { drainId: randomUUID(), ready };
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

/** A module that is imported under another address is evaluated again, as at another cold start. */
async function newInstance(): Promise<Handler> {
  const address = new URL('../../functions/submit-order.ts', import.meta.url);
  address.search = randomUUID();
  return ((await import(address.href)) as { handler: Handler }).handler;
}
