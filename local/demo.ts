/** `npm run demo`: takes orders in, produces them, says what it cost, and leaves nothing behind. */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { dollarsFor } from '../cli/cost/prices.ts';
import { connect } from '../lib/store/connection.ts';
import { keysWith } from '../lib/store/keys.ts';
import { stateFrom } from '../lib/store/order-record.ts';
import { readDatabase } from './demo-database.ts';
import { type DemoOrder, demoOrders } from './demo-orders.ts';
import { startProducer } from './producers.ts';
import { type LocalStack, startStack } from './stack.ts';

const USAGE = `Usage: npm run demo [-- --orders N --producer NAME]

Starts Sluice on free ports, submits N orders over HTTP (2000 by default), a tenth of them twice,
drains them, and prints what happened and what Upstash would have billed. It needs no account and
leaves nothing running.
NAME is what produces the orders: order-numbers (the default), or postgres, which starts a PostgreSQL
server and shows its rows at the end.
`;
const CONCURRENCY = 8;
const SHOP = { authorization: 'Bearer local-shop-key' };
const ADMIN = { authorization: 'Bearer local-admin-key' };

const say = (text = '') => process.stdout.write(`${text}\n`);

async function demo(count: number, producerName: string): Promise<void> {
  say('Sluice accepts orders at the speed of Redis and produces them in the background.\n');
  say('Starting Redis, a stand-in for Upstash, and the functions …');
  // Before anything starts, so that Ctrl-C also ends what is only half up.
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Error('The demo was stopped.')));
    }
  });
  stopped.catch(() => undefined);
  const producer = await startProducer(producerName, () => undefined);
  const stack = await startStack({ port: 0, producer, onLog: () => undefined });
  const failed = stack.failed.then((what) => {
    throw new Error(`${what}, so the demo cannot go on.`);
  });
  try {
    const shown = show(stack, demoOrders(count), producer.databaseUrl);
    await Promise.race([shown, stopped, failed]);
  } finally {
    await stack.stop();
    await producer.stop();
  }
}

async function show(
  stack: LocalStack,
  orders: readonly DemoOrder[],
  databaseUrl?: string,
): Promise<void> {
  const repeats = orders.filter((_, index) => index % 10 === 0);
  say(`\nSubmitting ${orders.length} orders over HTTP, ${repeats.length} of them twice:`);
  const intake = await submitAll(stack.url, [...orders, ...repeats]);
  say('\nDraining the queue …');
  const drained = await drainAll(stack.url, intake.accepted);
  const billed = stack.billedCommands();
  const numbers = await orderNumbers(stack, intake.ids);

  const perOrder = billed / intake.accepted;
  const million = dollarsFor('upstashCommands', perOrder * 1_000_000, false).toFixed(2);
  say(`
  accepted       ${intake.accepted} orders, each in Redis before its client was answered
  replayed       ${intake.replayed} repeats, answered with the same receipt and no second order
  produced       ${drained.produced} orders
  order numbers  ${Math.min(...numbers)} to ${Math.max(...numbers)}, ${new Set(numbers).size} different ones
  in             ${rate(orders.length + repeats.length, intake.ms)} requests per second, through an emulation of API Gateway
  out            ${rate(drained.produced, drained.ms)} orders per second
  billed         ${perOrder.toFixed(2)} Redis commands per order, including the repeats and idle drains
  price          $${million} per million orders, pay as you go on Upstash, free allowance not deducted
`);
  say('One of the orders, as the shop reads it now:');
  const answer = await fetch(`${stack.url}/orders/${intake.ids[0]}`, { headers: SHOP });
  say(JSON.stringify(await answer.json(), null, 2));
  if (databaseUrl !== undefined) await showDatabase(databaseUrl, orders);
  const isRight =
    intake.accepted === orders.length &&
    intake.replayed === repeats.length &&
    intake.isSame &&
    drained.produced === orders.length &&
    new Set(numbers).size === orders.length;
  if (!isRight) throw new Error('The figures above are wrong: this is a bug in Sluice.');
}

/** What PostgreSQL holds, beside what was submitted. */
async function showDatabase(url: string, orders: readonly DemoOrder[]): Promise<void> {
  const { sums, rows } = await readDatabase(url);
  const total = orders.reduce((sum, { totalAmount }) => sum + totalAmount, 0);
  say(`\nThe first orders in PostgreSQL:\n\n${rows}\n
  orders         ${sums.orders}, with ${sums.numbers} different numbers
  total          ${sums.total} cents; its lines add up to ${sums.totalOfLines}, and ${total} were submitted
`);
  const isRight =
    sums.orders === orders.length &&
    sums.numbers === orders.length &&
    sums.total === total &&
    sums.totalOfLines === total;
  if (!isRight)
    throw new Error('The database does not hold what was submitted: this is a bug in Sluice.');
}

async function submitAll(url: string, orders: readonly DemoOrder[]) {
  const bar = new SingleBar({
    format: '  {bar} {percentage}% | {value} of {total} | {duration_formatted}',
    barsize: 32,
  });
  const receipts = new Map<string, Set<string>>();
  const queue = orders.values();
  const startedAt = performance.now();
  if (process.stdout.isTTY) bar.start(orders.length, 0);
  // The workers share one iterator, so each takes the next order when it has finished one.
  const work = async () => {
    for (const { idempotencyKey, body } of queue) {
      const answer = await fetch(`${url}/orders`, {
        method: 'POST',
        headers: {
          ...SHOP,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
        },
        body: JSON.stringify(body),
      });
      const receipt = await answer.text();
      if (answer.status !== 202)
        throw new Error(`A submit was answered with ${answer.status}: ${receipt}`);
      receipts.set(idempotencyKey, (receipts.get(idempotencyKey) ?? new Set()).add(receipt));
      bar.increment();
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    bar.stop();
  }
  const different = [...receipts.values()].flatMap((answers) => [...answers]);
  const ids = new Set(different.map((receipt) => (JSON.parse(receipt) as { id: string }).id));
  return {
    accepted: ids.size,
    replayed: orders.length - receipts.size,
    /** Whether each key always got the same bytes back. */
    isSame: different.length === receipts.size,
    ids: [...ids],
    ms: performance.now() - startedAt,
  };
}

/** Drains until every order is produced, some perhaps by the schedule's own drain. */
async function drainAll(url: string, accepted: number) {
  const startedAt = performance.now();
  for (;;) {
    await fetch(`${url}/drain`, { method: 'POST', headers: ADMIN }).then((answer) => answer.text());
    const answer = await fetch(`${url}/stats`, { headers: ADMIN });
    const stats = (await answer.json()) as { produced: number; dead: number };
    if (stats.produced + stats.dead >= accepted) {
      return { produced: stats.produced, ms: performance.now() - startedAt };
    }
  }
}

/** The number of each order, read from its state. */
async function orderNumbers(stack: LocalStack, ids: readonly string[]): Promise<number[]> {
  const keys = keysWith('');
  const client = connect({ ...stack.redis, timeoutMs: 5_000, sendsMax: 2, random: Math.random });
  const states = await client.once((redis) =>
    redis.mget<(string | null)[]>(...ids.map(keys.state)),
  );
  return ids.map((id, at) => stateFrom(id, states[at] ?? null)?.orderNumber ?? 0);
}

function rate(count: number, ms: number): string {
  return Math.round(count / (ms / 1_000)).toLocaleString('en');
}

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '2000' },
    producer: { type: 'string', default: 'order-numbers' },
    help: { type: 'boolean' },
  },
});
const count = Number(values.orders);
if (values.help) {
  say(USAGE.trimEnd());
} else if (!Number.isInteger(count) || count < 10 || count > 100_000) {
  process.stderr.write('--orders must be a whole number from 10 to 100000.\n');
  process.exitCode = 2;
} else {
  demo(count, values.producer).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
