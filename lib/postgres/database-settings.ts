import type { ConnectionOptions } from 'node:tls';
import { type Environment, readSettings } from '../settings.ts';
import { WEBHOOK } from '../webhook/settings-table.ts';

/** Where the database is and who connects to it. */
export interface DatabaseSettings {
  /** A name, an address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly applicationName: string;
  /** Options for the server's session, such as `-c search_path=shop`. */
  readonly options: string;
  readonly tls: false | ConnectionOptions;
  /** Whether the password's proof is bound to the TLS connection, where the server can. */
  readonly channelBinding: boolean;
}

const URL_RULE =
  'a URL such as postgres://user:password@host:5432/database?sslmode=verify-full; what may stand ' +
  'behind the question mark is sslmode, channel_binding, application_name, options and host';

/**
 * Reads `DATABASE_URL` and `DATABASE_CA`, the certificates to trust where the system's do not do.
 *
 * @throws ConfigError naming every variable that is missing or wrong, and never a value
 */
export function databaseSettings(env: Environment): DatabaseSettings {
  return readSettings(env, ({ read, optional }) => {
    const ca = optional('DATABASE_CA', WEBHOOK.DATABASE_CA.rule, certificatesIn, undefined);
    return read('DATABASE_URL', URL_RULE, (text) => settingsIn(text, ca));
  });
}

const PARAMETERS = new Set(['sslmode', 'channel_binding', 'application_name', 'options', 'host']);

function settingsIn(text: string, ca: string | undefined): DatabaseSettings | undefined {
  if (!/^postgres(ql)?:\/\/[^\s#]+$/.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, pathname, username, password, searchParams } = new URL(text);
  const database = decoded(pathname.slice(1));
  const user = decoded(username);
  const secret = decoded(password);
  const host = searchParams.get('host') ?? hostname.replace(/^\[(.*)\]$/, '$1');
  const tls = tlsFor(searchParams.get('sslmode') ?? undefined, host, ca);
  const isKnown = [...searchParams.keys()].every((name) => PARAMETERS.has(name));
  if (!isKnown || !host || !database || !user || secret === undefined || tls === undefined) {
    return undefined;
  }
  return {
    host,
    port: Number(port || 5432),
    user,
    password: secret,
    database,
    applicationName: searchParams.get('application_name') ?? 'sluice',
    options: searchParams.get('options') ?? '',
    tls,
    channelBinding: tls !== false && searchParams.get('channel_binding') !== 'disable',
  };
}

/**
 * Whether and how the connection is encrypted. Who says nothing gets the safest: only a server on
 * this machine is spoken to in the clear. `require` and `verify-ca` check the name too, which libpq
 * does not: without it anybody with a certificate could stand in between.
 *
 * @returns `undefined` for a mode that is none of these
 */
function tlsFor(
  mode: string | undefined,
  host: string,
  ca: string | undefined,
): DatabaseSettings['tls'] | undefined {
  const trust = ca === undefined ? {} : { ca };
  switch (mode ?? (isLocal(host) ? 'disable' : 'verify-full')) {
    case 'disable':
      return false;
    case 'no-verify':
      return { rejectUnauthorized: false };
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return { ...trust, rejectUnauthorized: true };
    default:
      return undefined;
  }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.|^\//.test(host);
}

/** A variable may hold a line break as `\n`, as many places to set one take single lines only. */
function certificatesIn(text: string): string | undefined {
  const pem = text.replaceAll('\\n', '\n').trim();
  return /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----$/.test(pem)
    ? pem
    : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
