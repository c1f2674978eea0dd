import type { ConnectionOptions } from 'node:tls';
import { type Environment, readSettings, SettingFault } from '../settings.ts';
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

const URL_RULE = 'a URL such as postgres://user:password@host:5432/database?sslmode=verify-full';

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

/** Parameters that hosts add for other clients, and that change nothing here. */
const IGNORED = new Set([
  ...['pgbouncer', 'supa', 'workaround', 'uselibpqcompat', 'gssencmode', 'statement_cache_size'],
  ...['connection_limit', 'pool_timeout', 'connect_timeout', 'socket_timeout', 'pool_mode'],
  ...['target_session_attrs', 'fallback_application_name', 'sslnegotiation', 'client_encoding'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
]);
const USED = ['sslmode', 'ssl', 'channel_binding', 'application_name', 'options', 'schema', 'host'];

function settingsIn(text: string, ca: string | undefined): DatabaseSettings {
  const { hostname, port, pathname, username, password, searchParams } = urlIn(text);
  checkParameters(searchParams);
  const host = searchParams.get('host') ?? hostname.replace(/^\[(.*)\]$/, '$1');
  const tls = tlsFor(sslModeIn(searchParams), host, ca);
  return {
    host: part('the host', host),
    port: Number(port || 5432),
    user: part('the user', decoded('the user', username)),
    password: decoded('the password', password),
    database: part(
      'the database (/name behind the host)',
      decoded('the database', pathname.slice(1)),
    ),
    applicationName: searchParams.get('application_name') ?? 'sluice',
    options: optionsIn(searchParams),
    tls,
    channelBinding: tls !== false && searchParams.get('channel_binding') !== 'disable',
  };
}

function urlIn(text: string): URL {
  if (/\s/.test(text)) throw new SettingFault('it holds a space or a line break.');
  if (/^["']|["']$/.test(text))
    throw new SettingFault('it has quotes around it, which are no part of it.');
  if (!/^postgres(?:ql)?:\/\//.test(text)) {
    throw new SettingFault(
      `it does not begin with postgres:// or postgresql://. It must be ${URL_RULE}.`,
    );
  }
  const [authority = ''] = text.replace(/^\w+:\/\//, '').split(/[/?#]/);
  const hasHash = text.includes('#');
  if (hasHash || (!authority.includes('@') && text.includes('@'))) {
    throw new SettingFault('a / ? or # of its password must be written as %2F, %3F or %23.');
  }
  if (/:\d*[^\d\]]\w*$/.test(authority.split('@').at(-1) ?? '')) {
    throw new SettingFault('the port is not a number.');
  }
  if (!URL.canParse(text))
    throw new SettingFault('its host or its port (1 to 65535) cannot be read.');
  return new URL(text);
}

function part(name: string, value: string): string {
  if (value === '') throw new SettingFault(`${name} is missing. It must be ${URL_RULE}.`);
  return value;
}

function checkParameters(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (name === 'sslrootcert' && value !== 'system') {
      throw new SettingFault(
        'sslrootcert names a file: put the certificates in it into DATABASE_CA.',
      );
    }
    if (name === 'sslcert' || name === 'sslkey') {
      throw new SettingFault(`${name} is not supported: Sluice signs in by password.`);
    }
    if (IGNORED.has(name) || USED.includes(name) || name === 'sslrootcert') continue;
    // What does not look like a name may be a part of the password.
    const shown = /^[a-z_]{2,30}$/i.test(name)
      ? `parameter ${name}`
      : 'text behind the question mark';
    throw new SettingFault(
      `the ${shown} is not known. Known are ${USED.join(', ')}; a ? in the password is written %3F.`,
    );
  }
}

/** `ssl=true` is how some hosts and drivers say `sslmode=require`. */
function sslModeIn(parameters: URLSearchParams): string | undefined {
  const mode = parameters.get('sslmode');
  if (mode !== null) return mode;
  const ssl = parameters.get('ssl');
  if (ssl === null) return undefined;
  if (/^(?:true|1|require)$/.test(ssl)) return 'require';
  if (/^(?:false|0)$/.test(ssl)) return 'disable';
  throw new SettingFault('ssl must be true or false.');
}

/** `schema=shop` is Prisma's way of naming the search path. */
function optionsIn(parameters: URLSearchParams): string {
  const schema = parameters.get('schema');
  const options = parameters.get('options') ?? '';
  if (schema === null || schema === 'public') return options;
  if (!/^\w+$/.test(schema)) throw new SettingFault('schema must be one name of a schema.');
  return `${options} -c search_path=${schema}`.trim();
}

/**
 * Whether and how the connection is encrypted. Who says nothing gets the safest: only a server on
 * this machine is spoken to in the clear. `require` and `verify-ca` check the name too, which libpq
 * does not: without it anybody with a certificate could stand in between.
 */
function tlsFor(
  mode: string | undefined,
  host: string,
  ca: string | undefined,
): DatabaseSettings['tls'] {
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
      throw new SettingFault(
        'sslmode must be verify-full, verify-ca, require, no-verify or disable; prefer and allow may go ' +
          'without encryption unnoticed.',
      );
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

function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SettingFault(`${name} has a % that is not followed by two digits: write it as %25.`);
  }
}
