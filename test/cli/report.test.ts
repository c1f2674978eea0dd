import { expect, test } from 'vitest';
import { readApiSettings, userFolder } from '../../cli/api-settings.ts';
import { drainReport, json, orderReport, ordersReport, statsReport } from '../../cli/report.ts';
import { printable } from '../../cli/text.ts';
import { createClient } from '../../lib/client/client.ts';

test('an order is shown with its state, its money and its lines', () => {
  const report = orderReport({
    id: 'ord_1',
    status: 'dead',
    customer: 'Ann\u001b[31m',
    currency: 'GBP',
    totalAmount: 123456,
    acceptedAt: '2026-11-22T13:37:00.000Z',
    updatedAt: '2026-11-22T13:38:00.000Z',
    attempts: 3,
    lastError: { reason: 'no stock', at: '2026-11-22T13:38:00.000Z' },
    metadata: { shop: 'north' },
    lines: [
      { sku: 'X', quantity: 1000, unitAmount: 123, description: 'Tea\ttowel' },
      { sku: 'POST', quantity: 1, unitAmount: 456 },
    ],
  });
  expect(report).toBe(`\
order          ord_1
status         dead
customer       Ann\\u001b[31m
total          GBP 1,234.56
accepted       2026-11-22T13:37:00.000Z
updated        2026-11-22T13:38:00.000Z
attempts       3
last error     no stock (2026-11-22T13:38:00.000Z)
metadata shop  north

sku   quantity  unit price  amount        description
X     1,000     GBP 1.23    GBP 1,230.00  Tea\\u0009towel
POST  1         GBP 4.56    GBP 4.56
`);
});

test('orders are listed in columns, without those that none of them has something for', () => {
  const order = {
    id: 'ord_1',
    idempotencyKey: 'order-1',
    status: 'produced',
    customer: 'Ann\u001b[31m',
    currency: 'GBP',
    totalAmount: 123456,
    acceptedAt: '2026-11-22T13:37:00.000Z',
    updatedAt: '2026-11-22T13:38:00.000Z',
    attempts: 0,
  } as const;
  const numbered = { ...order, id: 'ord_22', status: 'queued', orderNumber: 7 } as const;
  expect(ordersReport([order, numbered])).toBe(`\
order   status    customer       total         accepted                  attempts  number
ord_1   produced  Ann\\u001b[31m  GBP 1,234.56  2026-11-22T13:37:00.000Z  0
ord_22  queued    Ann\\u001b[31m  GBP 1,234.56  2026-11-22T13:37:00.000Z  0         7
`);
  expect(ordersReport([])).toBe('no orders\n');
});

test('stats tell which counts are not exact', () => {
  const counts = { queued: 1200, producing: 2, scheduled: 0, dead: 1, produced: 9, canceled: 0 };
  const report = statsReport({ ...counts, oldestQueuedAgeMs: 61_400, approximate: ['produced'] });
  expect(report).toMatch(/^queued +1,200$/m);
  expect(report).toMatch(/^produced +about 9$/m);
  expect(report).toMatch(/^oldest queued +61 s$/m);
});

test('a drain tells what remains', () => {
  const report = { claimed: 3, produced: 1, retried: 1, dead: 1, remaining: 0 };
  expect(drainReport(report)).toBe(
    'claimed 3: produced 1, to be retried 1, dead 1; none is ready now\n',
  );
  expect(drainReport({ ...report, remaining: 1 })).toContain('1 order remains');
});

test('JSON output is the same value, and safe on a terminal', () => {
  const value = { text: 'a\u009b31m\u202e\nb' };
  expect(JSON.parse(json(value))).toEqual(value);
  expect(json(value)).not.toMatch(/[\u009b\u202e]/);
});

test('no control character, and none that turns the line, is printable', () => {
  expect(printable('a\u0000\u001b\u007f\u0085\u2028\u202eé€😀')).toBe(
    'a\\u0000\\u001b\\u007f\\u0085\\u2028\\u202eé€😀',
  );
});

test('the address defaults to the local stack and keeps the path of a stage', () => {
  expect(readApiSettings({ SLUICE_KEY: 'k' }).url.href).toBe('http://localhost:3000/');
  const settings = readApiSettings({ SLUICE_KEY: 'k', SLUICE_URL: 'https://api.example/prod?x#y' });
  expect(settings.url.href).toBe('https://api.example/prod/');
});

test('a setting that is missing or wrong is named', () => {
  expect(() => readApiSettings({})).toThrow(/SLUICE_KEY is not set.*local-admin-key/s);
  expect(() => readApiSettings({ SLUICE_KEY: 'a b' })).toThrow(/SLUICE_KEY/);
  const wrong = ['localhost:3000', 'ftp://canary', 'https://user:canary@x', 'https://canary:@ x'];
  for (const url of [...wrong, 'http://canary.example', 'http://localhost.canary.example']) {
    const reading = () => readApiSettings({ SLUICE_KEY: 'k', SLUICE_URL: url });
    expect(reading, url).toThrow(/^(?!.*canary).*SLUICE_URL/s);
  }
});

test.each(['http://127.9.9.9:3000', 'http://[::1]:3000', 'http://LOCALHOST', 'http://2130706433/'])(
  'over http, %s is this machine, and any other only if it is allowed',
  (url) => {
    expect(readApiSettings({ SLUICE_KEY: 'k', SLUICE_URL: url })).toMatchObject({
      allowHttp: false,
    });
    const other = { SLUICE_KEY: 'k', SLUICE_URL: 'http://10.0.0.1/' };
    expect(() => readApiSettings(other)).toThrow(/SLUICE_ALLOW_HTTP=on/);
    expect(() => createClient({ url: other.SLUICE_URL, key: 'k' })).toThrow(TypeError);
    const allowed = readApiSettings({ ...other, SLUICE_ALLOW_HTTP: 'on' });
    expect(createClient(allowed)).toBeDefined();
  },
);

test('a file is looked for where the operator stands, also when npm has changed the folder', () => {
  const env = { npm_lifecycle_event: 'sluice', INIT_CWD: '/home/me' };
  expect(userFolder(env, '/opt/sluice')).toBe('/home/me');
  expect(userFolder({}, '/opt/sluice')).toBe('/opt/sluice');
  expect(userFolder({ ...env, npm_lifecycle_event: 'nightly' }, '/data')).toBe('/data');
});
