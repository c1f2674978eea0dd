import { backPressure } from '../lib/intake/back-pressure.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { connect } from '../lib/redis/client.ts';
import { intakeStore } from '../lib/redis/intake-store.ts';
import { type Keys, keysWith } from '../lib/redis/keys.ts';
import { productionStore } from '../lib/redis/production-store.ts';
import { shareConnection } from '../local/redis/connection.ts';
import { median, rounded, timed } from './figures.ts';
import { startServer } from './server.ts';

const WAITING = 1_000_000;
const FILL_CHUNK = 10_000;
const ROUNDS = 500;
const BATCH = 100;

/** Fills a queue from within Redis: orders that look as `order-hash.ts` writes them. */
const FILL = `
for i = ARGV[1], ARGV[2] do
  local id = string.format('ord_%032d', i)
  redis.call('HSET', KEYS[1] .. id, 'v', '1', 'client', 'shop', 'fingerprint', id, 'customer',
    '17850', 'currency', 'GBP', 'totalAmount', '1530',
    'lines', '[{"sku":"85123A","quantity":6,"unitAmount":255}]', 'acceptedAtMs', '1',
    'updatedAtMs', '1', 'status', 'queued', 'attempts', '0')
  redis.call('ZADD', KEYS[2], i, id)
  redis.call('LPUSH', KEYS[3], id)
end
return 1`;

/** Claim and submit with a million orders waiting, beside none, in turn on one redis-server. */
export async function deepQueue(): Promise<string> {
  const server = await startServer();
  try {
    const [empty, deep] = [storeAt(server, 'empty:'), storeAt(server, 'deep:')];
    await fill(server.socketPath, deep.keys);
    const times = { empty: noTimes(), deep: noTimes() };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [store, its] of [[empty, times.empty] as const, [deep, times.deep] as const]) {
        // Exactly a batch waits in the one, and a million orders more in the other.
        its.submitMany.push(await timed(() => store.submit(`b-${round}`, BATCH)));
        its.claim.push(await timed(() => store.claim(BATCH)));
        its.submit.push(await timed(() => store.submit(`s-${round}`, 1)));
        await store.claim(1);
      }
    }
    const row = (name: string, kind: keyof ReturnType<typeof noTimes>) => {
      const [ms, withNone] = [median(times.deep[kind]), median(times.empty[kind])];
      return `  ${name} ${rounded(ms, 3)} ms, ${rounded(withNone, 3)} with none, ratio ${rounded(ms / withNone, 2)}`;
    };
    return [
      `${rounded(WAITING)} orders waiting beside none, ${rounded(ROUNDS)} rounds in turn`,
      row('claim of 100  ', 'claim'),
      row('submit        ', 'submit'),
      row('submit of 100 ', 'submitMany'),
    ].join('\n');
  } finally {
    await server.stop();
  }
}

function noTimes() {
  return { claim: [] as number[], submit: [] as number[], submitMany: [] as number[] };
}

function storeAt(server: { url: string; token: string }, prefix: string) {
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const keys = keysWith(prefix);
  // The queue may be deeper than it ever gets here: what is measured is not the refusal.
  const intake = {
    store: intakeStore(client, keys),
    backPressure: backPressure(2 * WAITING),
    metrics: NO_METRICS,
  };
  const production = productionStore(client, keys, 'bench');
  return {
    keys,
    async submit(name: string, count: number): Promise<void> {
      const requests = Array.from({ length: count }, (_, index) => ({
        client: 'shop',
        idempotencyKey: `${name}-${index}`,
        submission: {
          customer: '17850',
          currency: 'GBP',
          lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
          totalAmount: 1_530,
        },
      }));
      await submitOrders(intake, requests, Date.now());
    },
    async claim(count: number): Promise<void> {
      const limits = { ordersMax: BATCH, bytesMax: 1024 * 1024, attemptsMax: 24 };
      const lease = { leaseMs: 900_000, nowMs: Date.now() };
      const { orders } = await production.claim({ ...limits, ...lease });
      if (orders.length < count) throw new Error(`${orders.length} orders were claimed`);
    },
  };
}

async function fill(socketPath: string, keys: Keys): Promise<void> {
  const redis = shareConnection({ socketPath });
  const targets = ['3', keys.orderPrefix, keys.index, keys.queue];
  for (let from = 1; from <= WAITING; from += FILL_CHUNK) {
    const range = [String(from), String(from + FILL_CHUNK - 1)];
    const [reply] = await redis.send([['EVAL', FILL, ...targets, ...range]]);
    if (reply?.kind === 'error') throw new Error(reply.text);
  }
  redis.close();
}
