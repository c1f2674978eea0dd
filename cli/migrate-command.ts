import { databaseSettings } from '../lib/postgres/database-settings.ts';
import { adviceOn } from '../lib/postgres/failures.ts';
import { type Migrated, MigrationFailure, migrate, migrations } from '../lib/postgres/migrate.ts';
import { ConfigError } from '../lib/settings.ts';
import { CommandFailure, usageFailure } from './failure.ts';

export interface MigrateFlags {
  readonly dryRun?: true;
}

/** `migrate`: gives the database of the Postgres producer its tables, and says what it did. */
export async function migrateCommand(
  env: Readonly<Record<string, string | undefined>>,
  flags: MigrateFlags,
): Promise<void> {
  const isDryRun = flags.dryRun ?? false;
  const settings = settingsFrom(env);
  const where = `${settings.database} at ${settings.host}`;
  try {
    const migrated = await migrate(settings, migrations(), { isDryRun });
    process.stdout.write(report(where, migrated, isDryRun));
  } catch (error) {
    const { message, code = '' } = error as Error & { code?: string };
    if (error instanceof MigrationFailure) throw new CommandFailure(message, { cause: error });
    const why = [message || code, adviceOn(error)].filter(Boolean).join('. ');
    throw new CommandFailure(`The database ${where} cannot be used: ${why}`, { cause: error });
  }
}

function settingsFrom(env: Readonly<Record<string, string | undefined>>) {
  try {
    return databaseSettings(env);
  } catch (error) {
    if (error instanceof ConfigError) throw usageFailure(error.message);
    throw error;
  }
}

function report(where: string, { applied, known }: Migrated, isDryRun: boolean): string {
  const done = isDryRun ? 'would be applied' : 'applied';
  const lines = applied.map((name) => `${name}  ${done}\n`);
  const before = `${known.length} of ${known.length + applied.length} were there before.`;
  return `${lines.join('')}${where}: ${before}\n`;
}
