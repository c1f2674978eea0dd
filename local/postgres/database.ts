import { databaseSettings } from '../../lib/postgres/database-settings.ts';
import { migrate, migrations } from '../../lib/postgres/migrate.ts';
import {
  type PostgresOptions,
  type PostgresServer,
  startPostgresServer,
} from './postgres-server.ts';

/** A PostgreSQL server with the tables of the Postgres producer. */
export async function startDatabase(options: PostgresOptions): Promise<PostgresServer> {
  const server = await startPostgresServer(options);
  try {
    await migrate(databaseSettings({ DATABASE_URL: server.url }), migrations());
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
