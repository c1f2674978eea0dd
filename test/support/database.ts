import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import { connectDatabase, newClient } from '../../lib/postgres/connection.ts';
import { type DatabaseSettings, databaseSettings } from '../../lib/postgres/database-settings.ts';
import { migrate, migrations } from '../../lib/postgres/migrate.ts';
import { postgresProducer } from '../../lib/producers/postgres.ts';
import type { ProducerContext } from '../../lib/producers/producer.ts';
import { newOrder } from './orders.ts';

export interface TestDatabase {
  readonly url: string;
  readonly settings: DatabaseSettings;
  /** Runs SQL beside whatever is tested. */
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A database of the test's own on the shared server, with Sluice's tables unless `isEmpty`. */
export async function freshDatabase({ isEmpty = false } = {}): Promise<TestDatabase> {
  const answer = await fetch(inject('postgresOnDemand'));
  const server = new URL(await answer.text());
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(databaseSettings({ DATABASE_URL: server.href }), (query) =>
    query(`create database ${name}`),
  );
  server.pathname = `/${name}`;
  const settings = databaseSettings({ DATABASE_URL: server.href });
  if (!isEmpty) await migrate(settings, migrations());
  return {
    url: server.href,
    settings,
    query: (text, values) => withClient(settings, (query) => query(text, values)),
  };
}

type Query = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** A connection of the test's own, for what has to stay open. */
export async function withClient<T>(
  settings: DatabaseSettings,
  use: (query: Query) => Promise<T>,
): Promise<T> {
  const client = newClient(settings);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(async (text, values = []) => {
      const results = await client.query({ text, values });
      // Several statements in one text have several results: the last one counts.
      return [...([results].flat().at(-1)?.rows ?? [])];
    });
  } finally {
    await client.end();
  }
}

/** The producer on a database, or on a stand-in for its connection; and what it has logged. */
export function producerOn(settings: DatabaseSettings, clock: Clock = systemClock) {
  const lines: string[] = [];
  const database = connectDatabase(settings, clock);
  onTestFinished(() => database.close());
  const log = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  return { produce: postgresProducer({ database, log }), lines };
}

/** A claimed order, as a drain hands it to a producer. */
export function claimed(
  idempotencyKey: string,
  overrides: Parameters<typeof newOrder>[1] = {},
): ClaimedOrder {
  const { id, client, submission, acceptedAtMs } = newOrder(idempotencyKey, overrides);
  const state = { status: 'producing', attempts: 1, acceptedAtMs, updatedAtMs: acceptedAtMs };
  return { ...submission, id, client, ...state } as ClaimedOrder;
}

/** So many claimed orders. */
export const batchOf = (count: number) =>
  Array.from({ length: count }, (_, at) => claimed(`key-${at}`));

export const idsOf = (orders: readonly ClaimedOrder[]) => orders.map(({ id }) => id);

export function contextOf(token: number, overrides: Partial<ProducerContext> = {}) {
  const { signal } = new AbortController();
  return { token, signal, deadlineMs: Date.now() + 20_000, ...overrides };
}
