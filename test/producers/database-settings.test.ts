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

describe('what is wrong is named, and not told', () => {
  const WRONG = [
    'canary',
    'mysql://canary:canary@canary/canary',
    'postgres://canary:canary@db.example',
    'postgres://db.example/canary',
    'postgres://canary:%@db.example/canary',
    'postgres://canary:canary@db.example:99999/canary',
    'postgres://canary:canary@db.example/canary?sslmode=prefer',
    'postgres://canary:canary@db.example/canary?schema=canary',
    'postgres://canary:canary@db.example/canary#x',
    ' postgres://canary:canary@db.example/canary',
  ];
  test.each(WRONG)('%j', (url) => {
    expect(() => read(url)).toThrow(ConfigError);
    expect(() => read(url)).toThrow('- DATABASE_URL is wrong: a URL such as');
    expect(() => read(url)).not.toThrow('canary');
  });

  test('both variables at once', () => {
    expect(() => databaseSettings({ DATABASE_CA: 'canary' })).toThrow(
      /DATABASE_CA is wrong.*\n.*DATABASE_URL is missing/,
    );
  });
});
