import { readdirSync, readFileSync } from 'node:fs';
import type Client from 'pg/lib/client.js';
import { newClient } from './connection.ts';
import type { DatabaseSettings } from './database-settings.ts';

export interface Migration {
  /** Its file's name without `.sql`; migrations are applied in the order of their names. */
  readonly name: string;
  readonly sql: string;
}

export interface Migrated {
  /** Those that this run has applied, or would apply in a dry run. */
  readonly applied: readonly string[];
  /** Those that were there before. */
  readonly known: readonly string[];
}

/** A migration could not be applied; those before it are, and nothing of it is. */
export class MigrationFailure extends Error {
  override readonly name = 'MigrationFailure';
}

/** Held by whoever migrates, so that two do so one after the other: "sluice" in ASCII. */
const MIGRATION_LOCK = 0x736c75696365;

const CREATE_LEDGER = `create table if not exists sluice_migrations (
  name text primary key,
  applied_at timestamptz not null default now()
)`;

/** The migrations that come with Sluice. */
export function migrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.toSorted().map((name) => ({
    name: name.replace(/\.sql$/, ''),
    sql: readFileSync(new URL(name, folder), 'utf8'),
  }));
}

/**
 * Applies the migrations that the database has not had yet, each in a transaction of its own.
 * Safe to run twice, and from two places at once.
 *
 * @param options.isDryRun  says what would be applied, and changes nothing
 * @throws MigrationFailure, or what the driver throws where the database cannot be reached
 */
export async function migrate(
  settings: DatabaseSettings,
  all: readonly Migration[],
  { isDryRun = false } = {},
): Promise<Migrated> {
  const client = newClient(settings);
  client.on('error', () => undefined);
  try {
    await client.connect();
    const applied: string[] = [];
    const known: string[] = [];
    for (const migration of all) {
      const isNew = isDryRun
        ? !(await isApplied(client, migration))
        : await applyOnce(client, migration);
      (isNew ? applied : known).push(migration.name);
    }
    return { applied, known };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns whether it was applied now */
async function applyOnce(client: Client, { name, sql }: Migration): Promise<boolean> {
  const run = (text: string, values: unknown[] = []) => client.query({ text, values });
  await run('begin');
  try {
    await run(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await run(CREATE_LEDGER);
    const ledger = 'insert into sluice_migrations (name) values ($1) on conflict do nothing';
    const { rows } = await run(`${ledger} returning name`, [name]);
    if (rows.length > 0) await run(sql);
    await run('commit');
    return rows.length > 0;
  } catch (error) {
    await run('rollback').catch(() => undefined);
    const { message } = error as Error;
    throw new MigrationFailure(`${name} could not be applied: ${message}`, { cause: error });
  }
}

async function isApplied(client: Client, { name }: Migration): Promise<boolean> {
  const ledger = await client.query({ text: "select to_regclass('sluice_migrations') as name" });
  if (ledger.rows[0]?.name === null) return false;
  const text = 'select 1 from sluice_migrations where name = $1';
  return (await client.query({ text, values: [name] })).rows.length > 0;
}
