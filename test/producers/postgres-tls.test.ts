import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { connectDatabase } from '../../lib/postgres/connection.ts';
import { databaseSettings } from '../../lib/postgres/database-settings.ts';
import { postgresAccount } from '../../local/postgres/account.ts';
import { type PostgresServer, startPostgresServer } from '../../local/postgres/postgres-server.ts';
import { contextOf } from '../support/database.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'sluice-tls-'));
const { uid = -1, gid = -1 } = postgresAccount();
let server: PostgresServer;

/** A certificate for the name `localhost` that vouches for itself. */
function certificate(name: string): { cert: string; key: string } {
  const [cert, key] = [path.join(dir, `${name}.crt`), path.join(dir, `${name}.key`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-nodes', '-days', '2', '-newkey', 'ec', '-pkeyopt'];
  const flags = ['req', ...kind, 'ec_paramgen_curve:prime256v1', ...subject];
  execFileSync('openssl', [...flags, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  for (const file of [dir, cert, key]) chownSync(file, uid, gid);
  return { cert, key };
}

beforeAll(async () => {
  const { cert, key } = certificate('server');
  const settings = { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key };
  server = await startPostgresServer({ settings });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Whether a connection is encrypted, as the server sees it; or why there is none. */
async function encryption(parts: { host: string; mode: string; ca?: string }) {
  const url = new URL(server.url);
  url.hostname = parts.host;
  url.searchParams.set('sslmode', parts.mode);
  const env = { DATABASE_URL: url.href, DATABASE_CA: parts.ca };
  const database = connectDatabase(databaseSettings(env), systemClock);
  const text = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
  try {
    const [row] = await database.run({ text, values: [] }, contextOf(1));
    return row?.ssl;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await database.close();
  }
}

const ownCa = () => readFileSync(path.join(dir, 'server.crt'), 'utf8');
const TRUSTLESS = /unreached \((DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT.*)\)\. .*DATABASE_CA/;

test('a server whose certificate is trusted and bears its name is spoken to in secret', async () => {
  for (const mode of ['require', 'verify-full']) {
    expect(await encryption({ host: 'localhost', mode, ca: ownCa() })).toBe(true);
  }
});

test('a server that nobody vouches for is not spoken to, unless that is asked for by name', async () => {
  expect(await encryption({ host: 'localhost', mode: 'require' })).toMatch(TRUSTLESS);
  expect(await encryption({ host: 'localhost', mode: 'no-verify' })).toBe(true);
  expect(await encryption({ host: 'localhost', mode: 'disable' })).toBe(false);
});

test('a certificate of another that is trusted does not do', async () => {
  const ca = readFileSync(certificate('stranger').cert, 'utf8');
  expect(await encryption({ host: 'localhost', mode: 'require', ca })).toMatch(
    /^PostgreSQL: unreached/,
  );
});

test('a certificate that bears another name does not do', async () => {
  expect(await encryption({ host: '127.0.0.1', mode: 'require', ca: ownCa() })).toMatch(
    'unreached (ERR_TLS_CERT_ALTNAME_INVALID)',
  );
});
