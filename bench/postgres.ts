import { systemClock } from '../lib/clock.ts';
import { backPressure } from '../lib/intake/back-pressure.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { connectDatabase, newClient } from '../lib/postgres/connection.ts';
import { type DatabaseSettings, databaseSettings } from '../lib/postgres/database-settings.ts';
import { drain } from '../lib/production/drain.ts';
import { postgresProducer } from '../lib/production/producers/postgres.ts';
import { connect } from '../lib/redis/client.ts';
import { intakeStore } from '../lib/redis/intake-store.ts';
import { keysWith } from '../lib/redis/keys.ts';
import { productionStore } from '../lib/redis/production-store.ts';
import { startDatabase } from '../local/postgres/database.ts';
import { median, rounded, timed } from './figures.ts';
import { startServer } from './server.ts';

const ORDERS = 2_000;
const ROUNDS = 5;
const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255, description: 'T-LIGHT HOLDER' }],
  totalAmount: 1_530,
};

/**
 * Orders a second from the queue into PostgreSQL, claim and settle included, beside one `INSERT` for
 * each order (and one for its line) by a plain program, into the same tables of the same server,
 * which writes everything through to the disk.
 */
export async function postgresRate(): Promise<string> {
  const server = await startServer();
  const postgres = await startDatabase({ settings: { fsync: 'on', full_page_writes: 'on' } });
  const settings = databaseSettings({ DATABASE_URL: postgres.url });
  try {
    const rates = { drained: [] as number[], inserted: [] as number[], bare: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const perSecond = (ms: number) => ORDERS / (ms / 1_000);
      rates.drained.push(perSecond(await drainOnce(server, settings, `round-${round}:`)));
      rates.inserted.push(perSecond(await insertOnce(settings, { withLines: true })));
      rates.bare.push(perSecond(await insertOnce(settings, { withLines: false })));
    }
    const ratioTo = (others: readonly number[]) =>
      rounded(median(rates.drained.map((rate, at) => rate / (others[at] ?? Number.NaN))), 1);
    return [
      `drain of ${rounded(ORDERS)} orders into PostgreSQL, ${ROUNDS} rounds in turn`,
      `  sluice                   ${rounded(median(rates.drained))} orders/s (batches of 100)`,
      `  INSERTs of one order     ${rounded(median(rates.inserted))} orders/s, with its line in the same transaction`,
      `  ratio                    ${ratioTo(rates.inserted)}`,
      `  INSERT without its line  ${rounded(median(rates.bare))} orders/s`,
      `  ratio                    ${ratioTo(rates.bare)}`,
    ].join('\n');
  } finally {
    await postgres.stop();
    await server.stop();
  }
}

async function drainOnce(
  server: { url: string; token: string },
  settings: DatabaseSettings,
  prefix: string,
): Promise<number> {
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const keys = keysWith(prefix);
  const intake = {
    store: intakeStore(client, keys),
    backPressure: backPressure(ORDERS),
    metrics: NO_METRICS,
  };
  const submissions = Array.from({ length: ORDERS }, (_, index) => ({
    client: 'shop',
    idempotencyKey: `${prefix}${index}`,
    submission: ORDER,
  }));
  for (let at = 0; at < ORDERS; at += 100) {
    await submitOrders(intake, submissions.slice(at, at + 100), Date.now());
  }
  const log = () => undefined;
  const database = connectDatabase(settings, systemClock);
  const dependencies = {
    store: productionStore(client, keys, 'bench'),
    producer: postgresProducer({ database, log }),
    clock: systemClock,
    random: Math.random,
    log,
    metrics: NO_METRICS,
  };
  const limits = {
    batchSize: 100,
    batchBytesMax: 1024 * 1024,
    leaseMs: 30_000,
    attemptsMax: 8,
    settleMs: 1_000,
    produceMsMin: 1_000,
  };
  const end = { deadlineMs: Date.now() + 120_000, signal: new AbortController().signal };
  let produced = 0;
  const ms = await timed(async () => {
    produced = (await drain(dependencies, limits, end)).produced;
  });
  await database.close();
  if (produced !== ORDERS) throw new Error(`${produced} orders were produced, not ${ORDERS}`);
  return ms;
}

const INSERT_ORDER = `insert into orders (id, client, customer, currency, total_amount, accepted_at,
  fence, fingerprint) values ($1, 'shop', $2, $3, $4, now(), 1, $1) returning order_number`;
const INSERT_LINE = `insert into order_lines (order_id, line, sku, description, quantity, unit_amount)
  values ($1, 1, $2, $3, $4, $5)`;

/** What a program does that writes each order as it comes. */
async function insertOnce(
  settings: DatabaseSettings,
  { withLines }: { withLines: boolean },
): Promise<number> {
  const client = newClient(settings);
  await client.connect();
  const { customer, currency, totalAmount, lines } = ORDER;
  const run = `${performance.now()}`;
  const ms = await timed(async () => {
    for (let index = 0; index < ORDERS; index += 1) {
      const id = `${run}-${index}`;
      if (withLines) await client.query({ text: 'begin' });
      const values = [id, customer, currency, totalAmount];
      await client.query({ text: INSERT_ORDER, values });
      for (const { sku, description, quantity, unitAmount } of withLines ? lines : []) {
        const line = [id, sku, description, quantity, unitAmount];
        await client.query({ text: INSERT_LINE, values: line });
      }
      if (withLines) await client.query({ text: 'commit' });
    }
  });
  await client.end();
  return ms;
}
