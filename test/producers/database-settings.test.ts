import { describe, expect, test } from 'vitest';
import { databaseSettings } from '../../lib/postgres/database-settings.ts';
import { ConfigError } from '../../lib/settings.ts';

const CA = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
const read = (url: string, ca = '') => databaseSettings({ DATABASE_URL: url, DATABASE_CA: ca });

test('all of a URL is read, with what is escaped in it', () => {
  const url = 'postgres://us%40er:p%2Fw%3F@db.example:6432/shop%20a?application_name=x';
  expect(read(url)).toEqual({
    host: 'db.example',
    port: 6432,
    user: 'us@er',
    password: 'p/w?',
    database: 'shop a',
    applicationName: 'x',
    options: '',
    tls: { rejectUnauthorized: true },
    channelBinding: true,
  });
});

test.each([
  ['postgres://u:p@db.example/d', { rejectUnauthorized: true }],
  ['postgres://u:p@db.example/d?sslmode=require', { rejectUnauthorized: true }],
  ['postgres://u:p@db.example/d?sslmode=verify-ca', { rejectUnauthorized: true }],
  ['postgresql://u:p@10.0.0.7/d?sslmode=verify-full', { rejectUnauthorized: true }],
  ['postgres://u:p@db.example/d?sslmode=no-verify', { rejectUnauthorized: false }],
  ['postgres://u:p@db.example/d?sslmode=disable', false],
  ['postgres://u:p@localhost/d', false],
  ['postgres://u:p@127.0.0.1/d', false],
  ['postgres://u:p@[::1]/d', false],
  ['postgres://u:p@localhost/d?host=/var/run/postgresql', false],
  ['postgres://u:p@localhost/d?sslmode=require', { rejectUnauthorized: true }],
])('%s encrypts so: %j', (url, tls) => {
  expect(read(url).tls).toEqual(tls);
});

test('certificates to trust may be on one line', () => {
  for (const text of [CA, CA.replaceAll('\n', '\\n'), `${CA}\n`]) {
    expect(read('postgres://u:p@db.example/d', text).tls).toEqual({
      ca: CA,
      rejectUnauthorized: true,
    });
  }
});

test.each([
  ['pgbouncer=true&connection_limit=1&pool_timeout=0&connect_timeout=15', {}],
  ['sslmode=require&channel_binding=require', {}],
  ['ssl=true', {}],
  ['sslmode=verify-full&sslrootcert=system&target_session_attrs=read-write', {}],
  ['options=endpoint%3Dep-x', { options: 'endpoint=ep-x' }],
  ['schema=public', {}],
  ['schema=shop', { options: '-c search_path=shop' }],
  ['ssl=false', { tls: false, channelBinding: false }],
])('the parameters of hosts are understood: %s', (parameters, changed) => {
  const usual = read('postgres://u:p@db.example/d');
  expect(read(`postgres://u:p@db.example/d?${parameters}`)).toEqual({ ...usual, ...changed });
});

describe('the part that is wrong is named, and no value is told', () => {
  test.each([
    ['canary', /does not begin with postgres:/],
    ['mysql://canary:canary@canary/canary', /does not begin with postgres:/],
    ['"postgres://canary:canary@db.example/canary"', /quotes around it/],
    ['postgres://canary:canary@db.example', /the database .* is missing/],
    ['postgres://canary:canary@/canary', /host/],
    ['postgres://db.example/canary', /the user is missing/],
    ['postgres://canary:%@db.example/canary', /the password has a %/],
    ['postgres://canary:can#ary@db.example/canary', /# of its password/],
    ['postgres://canary:can/ary@db.example/canary', /\/ .*of its password/],
    ['postgres://canary:can?ary@db.example/canary', /\? .*of its password/],
    ['postgres://canary:canary@db.example:99999/canary', /port/],
    ['postgres://canary:canary@db.example:canary/canary', /the port is not a number/],
    ['postgres://canary:canary@db.example/canary?sslmode=prefer', /sslmode must be/],
    ['postgres://canary:canary@db.example/canary?ssl=canary', /ssl must be/],
    ['postgres://canary:canary@db.example/canary?color=canary', /parameter color is not known/],
    ['postgres://canary:canary@db.example/canary?schema=a,canary', /schema must be one/],
    ['postgres://canary:canary@db.example/canary?sslrootcert=/canary', /DATABASE_CA/],
    ['postgres://canary:canary@db.example/canary?sslkey=/canary', /sslkey is not supported/],
    [' postgres://canary:canary@db.example/canary', /a space or a line break/],
  ])('%j', (url, part) => {
    expect(() => read(url)).toThrow(ConfigError);
    expect(() => read(url)).toThrow(part);
    expect(() => read(url)).not.toThrow('canary');
  });

  test('both variables at once', () => {
    expect(() => databaseSettings({ DATABASE_CA: 'canary' })).toThrow(
      /DATABASE_CA is wrong.*\n.*DATABASE_URL is missing/,
    );
  });
});
