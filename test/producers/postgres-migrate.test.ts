import { execFile } from 'node:child_process';
import { beforeEach, expect, test } from 'vitest';
import { type Migration, migrate, migrations } from '../../lib/postgres/migrate.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { ROOT } from '../support/source-files.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase({ isEmpty: true });
});

/** `npm run sluice -- migrate`, as one types it. */
function command(databaseUrl: string, ...flags: string[]) {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  return new Promise<{ exitCode: number; out: string; err: string }>((resolve) => {
    const args = [`${ROOT}/cli/sluice.ts`, 'migrate', ...flags];
    const child = execFile(process.execPath, args, { env }, (_, out, err) =>
      resolve({ exitCode: child.exitCode ?? -1, out, err }),
    );
  });
}

const tables = async () =>
  (
    await database.query(
      "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
    )
  ).map(({ name }) => name);

test('the command applies what is missing, and nothing when it is run again', async () => {
  const first = await command(database.url);
  expect(first).toMatchObject({ exitCode: 0, err: '' });
  expect(first.out).toMatch(/^0001_orders {2}applied\n.*0 of \d+ were there before\.\n$/);
  expect(await tables()).toEqual(['order_lines', 'orders', 'sluice_migrations']);
  const again = await command(database.url);
  expect(again.exitCode).toBe(0);
  expect(again.out).toMatch(/^.*: (\d+) of \1 were there before\.\n$/);
});

test('a dry run says what would be applied, and changes nothing', async () => {
  const { exitCode, out } = await command(database.url, '--dry-run');
  expect([exitCode, out]).toEqual([0, expect.stringContaining('0001_orders  would be applied')]);
  expect(await tables()).toEqual([]);
});

test('the command names what is wrong, and never the password', async () => {
  const wrong = await command('mysql://canary');
  expect([wrong.exitCode, wrong.err]).toEqual([
    2,
    expect.stringContaining('DATABASE_URL is wrong'),
  ]);
  const url = new URL(database.url);
  url.password = 'canary';
  const refused = await command(url.href);
  expect([refused.exitCode, refused.err]).toEqual([
    1,
    expect.stringContaining('password authentication failed'),
  ]);
  expect(wrong.err + wrong.out + refused.err + refused.out).not.toContain('canary');
});

test('migrations that run side by side are applied once each', async () => {
  const counted: Migration[] = [
    { name: '0001_table', sql: 'create table counted (at integer)' },
    { name: '0002_row', sql: 'insert into counted values (1); select pg_sleep(0.01)' },
  ];
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => migrate(database.settings, counted)),
  );
  expect(await database.query('select at from counted')).toEqual([{ at: 1 }]);
  const applied = runs.flatMap((run) => run.applied).toSorted();
  expect(applied).toEqual(counted.map(({ name }) => name));
});

test('a migration that fails leaves nothing of itself, and keeps those before it', async () => {
  const failing: Migration[] = [
    { name: '0001_good', sql: 'create table good ()' },
    { name: '0002_bad', sql: 'create table bad (); create table good ()' },
    { name: '0003_never', sql: 'create table never ()' },
  ];
  await expect(migrate(database.settings, failing)).rejects.toThrow(
    '0002_bad could not be applied: relation "good" already exists',
  );
  expect(await tables()).toEqual(['good', 'sluice_migrations']);
  const [good, , never] = failing as [Migration, Migration, Migration];
  const fixed = [good, { name: '0002_bad', sql: 'create table bad ()' }, never];
  expect(await migrate(database.settings, fixed)).toEqual({
    applied: ['0002_bad', '0003_never'],
    known: ['0001_good'],
  });
});

test('the files are numbered in the order in which they are applied', () => {
  const numbers = migrations().map(({ name }) => Number(/^(\d{4})_[a-z_]+$/.exec(name)?.[1]));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
