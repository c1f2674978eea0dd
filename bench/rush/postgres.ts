import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newClient } from '../../lib/postgres/connection.ts';
import { databaseSettings } from '../../lib/postgres/database-settings.ts';
import { startPostgresServer } from '../../local/postgres/postgres-server.ts';
import { startDelay } from '../servers.ts';
import type { Take } from './offer.ts';

const CONNECTIONS_MAX = 64;

const TABLES = `
  create table stock (sku text primary key, quantity bigint not null check (quantity >= 0));
  create table orders (id text primary key, customer text not null, currency text not null,
    total_amount bigint not null, accepted_at timestamptz not null default now());
  create table order_lines (order_id text not null references orders (id), line integer not null,
    sku text not null, quantity integer not null, unit_amount bigint not null,
    primary key (order_id, line))`;

const TAKE_STOCK =
  'update stock set quantity = quantity - $2 where sku = $1 and quantity >= $2 returning quantity';
const INSERT_ORDER =
  'insert into orders (id, customer, currency, total_amount) values ($1, $2, $3, $4)';
const INSERT_LINE =
  'insert into order_lines (order_id, line, sku, quantity, unit_amount) values ($1, $2, $3, $4, $5)';

/** All of it in one round trip, so that the stock row is locked for no longer than it must be. */
const ONE_STATEMENT = `
  with taken as (
    update stock set quantity = quantity - $5 where sku = $4 and quantity >= $5 returning sku
  ), placed as (
    insert into orders (id, customer, currency, total_amount)
    select $1, $2, $3, $5::bigint * $6 from taken returning id
  )
  insert into order_lines (order_id, line, sku, quantity, unit_amount)
  select id, 1, $4, $5, $6 from placed returning order_id`;

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;
type Client = ReturnType<typeof newClient>;

/** PostgreSQL that writes everything through, behind a network of so many milliseconds each way. */
export async function startPostgres(delayMs: number) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-rush-postgres-'));
  const server = await startPostgresServer({
    dir,
    settings: {
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      max_connections: String(CONNECTIONS_MAX + 10),
    },
  });
  const network = await startDelay(server.port, delayMs);
  const settings = databaseSettings({ DATABASE_URL: server.url });
  const admin = newClient(settings);
  await admin.connect();
  await admin.query({ text: TABLES });
  const [version] = (await admin.query({ text: 'show server_version' })).rows;
  let run = 0;
  return {
    version: String(version?.server_version).split(' ')[0],
    /**
     * Those who serve: a connection each, which is open before the rush begins.
     *
     * @param units  what there is of the item that this rush is for
     */
    async serve(connections: number, way: 'orm' | 'one-statement', units: number) {
      run += 1;
      const sku = `HOT-${run}`;
      await admin.query({ text: 'insert into stock values ($1, $2)', values: [sku, units] });
      const clients = Array.from({ length: connections }, () =>
        newClient({ ...settings, port: network.port }),
      );
      await Promise.all(clients.map((client) => client.connect()));
      const take = way === 'orm' ? asOrm : inOneStatement;
      return {
        takes: clients.map(
          (client): Take =>
            (order) =>
              take(client, sku, `${run}-${order}`),
        ),
        close: async () => void (await Promise.all(clients.map((client) => client.end()))),
      };
    },
    async stop() {
      await admin.end();
      await network.stop();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A transaction as an ORM writes it: a round trip for each statement. */
async function asOrm(client: Client, sku: string, id: string): Promise<boolean> {
  await client.query({ text: 'begin' });
  const { rows } = await client.query({ text: TAKE_STOCK, values: [sku, 1] });
  const isAccepted = rows.length === 1;
  if (isAccepted) {
    await client.query({ text: INSERT_ORDER, values: [id, '17850', 'GBP', 2_550] });
    await client.query({ text: INSERT_LINE, values: [id, 1, sku, 1, 2_550] });
  }
  await client.query({ text: isAccepted ? 'commit' : 'rollback' });
  return isAccepted;
}

async function inOneStatement(client: Client, sku: string, id: string): Promise<boolean> {
  const values = [id, '17850', 'GBP', sku, 1, 2_550];
  // Prepared under its name, so that it is planned once for each connection.
  const statement = { name: 'order', text: ONE_STATEMENT, values };
  return (await client.query(statement)).rows.length === 1;
}
