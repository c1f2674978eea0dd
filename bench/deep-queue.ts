import { randomUUID } from 'node:crypto';
import { withContent } from '../lib/orders/content.ts';
import type { Store } from '../lib/store/connection.ts';
import { recordOf } from '../lib/store/order-record.ts';
import { settleAndClaim } from '../lib/store/settle.ts';
import { median, ratio, rounded, timed } from './figures.ts';
import { CLIENT, freshStore, ORDER, submitMany } from './orders.ts';
import { type Server, startServer } from './servers.ts';

const WAITING = 1_000_000;
const FILL_CHUNK = 10_000;
const ROUNDS = 300;
/** Rounds whose medians are compared: the ratio of two single calls says little. */
const ROUNDS_COMPARED = 60;
const BATCH = 100;

/** Fills a queue from within Redis, with the record that submits would have written. */
const FILL = `
for i = ARGV[1], ARGV[2] do
  local id = string.format('ord_%032d', i)
  redis.call('SET', KEYS[2] .. id, ARGV[3])
  redis.call('LPUSH', KEYS[1], id)
end
return 1`;

/** Claim and submit with a million orders waiting, beside none, in turn on one redis-server. */
export async function deepQueue(): Promise<string> {
  const server = await startServer();
  try {
    const [empty, deep] = [freshStore(server), freshStore(server)];
    await fill(server, deep);
    const works = {
      'claim of 100': async (store: Store) => void (await claim(store, BATCH)),
      submit: (store: Store, round: number) => submitMany(store, `s-${round}`, 1),
      'submit of 100': (store: Store, round: number) => submitMany(store, `b-${round}`, BATCH),
    };
    // A batch waits in the empty one too, so that there is something to claim.
    await submitMany(empty, 'first', BATCH);
    const rows: string[] = [];
    for (const [name, work] of Object.entries(works)) {
      const [withNone, withMany]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        withNone.push(await timed(() => work(empty, round)));
        withMany.push(await timed(() => work(deep, round)));
        if (name === 'claim of 100') {
          await submitMany(empty, `again-${round}`, BATCH);
          await submitMany(deep, `again-${round}`, BATCH);
        }
      }
      rows.push(
        `  ${name.padEnd(13)} ${rounded(median(withMany), 2)} ms, with none ${rounded(median(withNone), 2)} ms, ratio ${ratio(mediansOf(withMany), mediansOf(withNone), 2)}`,
      );
    }
    return [
      `${rounded(WAITING)} orders waiting beside none, ${ROUNDS} rounds in turn`,
      ...rows,
    ].join('\n');
  } finally {
    await server.stop();
  }
}

function mediansOf(times: readonly number[]): number[] {
  const parts = Math.floor(times.length / ROUNDS_COMPARED);
  return Array.from({ length: parts }, (_, part) =>
    median(times.slice(part * ROUNDS_COMPARED, (part + 1) * ROUNDS_COMPARED)),
  );
}

async function claim(store: Store, ordersMax: number): Promise<void> {
  const { claim: claimed } = await settleAndClaim(store, undefined, {
    ...{ clients: [CLIENT], ordersMax, nowMs: Date.now(), leaseMs: 900_000 },
    holder: randomUUID(),
  });
  const count = claimed?.leases.length ?? 0;
  if (count !== ordersMax) throw new Error(`${count} orders were claimed, not ${ordersMax}`);
}

async function fill({ admin }: Server, { keys }: Store): Promise<void> {
  const content = withContent({ ...ORDER, totalAmount: 1_530 });
  const order = { id: '', client: CLIENT, idempotencyKey: 'key', ...content };
  const record = recordOf(order, 1);
  for (let from = 1; from <= WAITING; from += FILL_CHUNK) {
    const range = [String(from), String(from + FILL_CHUNK - 1)];
    const targets = ['2', keys.queue(CLIENT), keys.order('')];
    const [reply] = await admin.send([['EVAL', FILL, ...targets, ...range, record]]);
    if (reply?.kind === 'error') throw new Error(reply.text);
  }
}
