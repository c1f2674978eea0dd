import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { receipts } from '../support/pretend-server.ts';
import { start, startedServer } from './command.ts';

const CSV_FLAGS =
  '--key-column Invoice --customer-column Customer --sku-column Sku --quantity-column Quantity --unit-price-column Price --currency GBP';
const HEADER = 'Invoice,Customer,Sku,Quantity,Price';

async function folderWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

test('a CSV file is submitted; rejected orders are listed and written; again adds none', async () => {
  const errors = [{ pointer: '/lines/0/quantity', detail: 'must be 1 or more' }];
  const refusal = { status: 400, problem: { detail: 'Wrong.', errors } };
  const { env } = await startedServer(
    receipts(({ lines }) => (lines.every(({ quantity }) => quantity >= 1) ? undefined : refusal)),
  );
  const rows = [HEADER, '1,a,x,2,1.50', 'C2,a,x,-6,1.50', '3,a,x,1,0.001', '1,a,y,1,0.05'];
  const folder = await folderWith({ 'orders.csv': `\ufeff${rows.join('\r\n')}` });
  const rejects = join(folder, 'rejects.csv');
  const args = [
    'submit',
    join(folder, 'orders.csv'),
    ...CSV_FLAGS.split(' '),
    '--rejects',
    rejects,
  ];

  const first = await start(args, env).ended;
  const second = await start(args, env).ended;

  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.out).toMatch(/accepted +1 order, 2 lines\n +new +1\n.*\n +total +GBP 3\.05\n/);
  expect(first.out).toMatch(/^3 +C2 +Quantity -6: must be 1 or more$/m);
  expect(first.err).toMatch(/^submitted 3 of 3 orders, 2 rejected$/m);
  expect(second.out).toMatch(/ new +0\n +replayed +1 /);
  expect(await readFile(rejects, 'utf8')).toBe(
    'row,key,reason\n3,C2,Quantity -6: must be 1 or more\n' +
      "4,3,unit price 0.001 is no whole number of GBP's minor unit (2 decimal places)\n",
  );
});

test('NDJSON comes from standard input too; rejects that are not written make the exit code 1', async () => {
  const { env } = await startedServer(receipts());
  const submission = { idempotencyKey: 'k', customer: 'a', currency: 'GBP', lines: [] };
  const input = `${JSON.stringify(submission)}\nnonsense\n`;
  const { exitCode, out } = await start(['submit', '-', '--format', 'ndjson', '--json'], env, input)
    .ended;
  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ orders: 2, accepted: 1, rejects: [{ row: 2, key: '' }] });
});

test('an interrupt waits for what is under way, and says how to continue', async () => {
  const accept = receipts();
  const underWay = Promise.withResolvers<void>();
  const interrupted = Promise.withResolvers<void>();
  const { env, received } = await startedServer(async (request) => {
    underWay.resolve();
    await interrupted.promise;
    return accept(request);
  });
  const rows = Array.from({ length: 250 }, (_, at) => `${at},a,x,1,1`);
  const folder = await folderWith({ 'orders.csv': [HEADER, ...rows].join('\n') });
  const args = [
    'submit',
    join(folder, 'orders.csv'),
    ...CSV_FLAGS.split(' '),
    '--concurrency',
    '1',
  ];

  const { child, ended } = start(args, env);
  child.stderr.on('data', () => interrupted.resolve());
  await underWay.promise;
  child.kill('SIGINT');
  const { exitCode, out, err } = await ended;

  expect(exitCode).toBe(130);
  expect(err).toContain('Stopping');
  expect(received).toHaveLength(1);
  expect(out).toMatch(/accepted +100 orders, 100 lines\n/);
  expect(out).toMatch(/left +150 orders/);
  expect(out).toMatch(/Interrupted\. Run the same command again to continue/);
});

test('a key that is refused ends a submit with the count so far and one message', async () => {
  const { env } = await startedServer(() => ({ status: 401 }));
  const folder = await folderWith({ 'orders.csv': `${HEADER}\n1,a,x,1,1\n2,a,x,1,1\n` });
  const args = ['submit', join(folder, 'orders.csv'), ...CSV_FLAGS.split(' ')];
  const { exitCode, out, err } = await start(args, env).ended;
  expect(exitCode).toBe(1);
  expect(out).toMatch(/accepted +0 orders/);
  expect(err.match(/SLUICE_KEY \(401\)/g)).toHaveLength(1);
});

test('the file of orders is never overwritten by the rejected ones', async () => {
  const { env, received } = await startedServer(receipts());
  const folder = await folderWith({ 'orders.csv': `${HEADER}\n1,a,x,1,1\n` });
  const file = join(folder, 'orders.csv');
  const { exitCode, err } = await start(
    ['submit', file, ...CSV_FLAGS.split(' '), '--rejects', `${folder}/./orders.csv`],
    env,
  ).ended;
  expect(exitCode).toBe(2);
  expect(err).toMatch(/--rejects names the file of orders itself/);
  expect(await readFile(file, 'utf8')).toContain('1,a,x,1,1');
  expect(received).toEqual([]);
});

test.each([
  [
    'a missing file',
    ['submit', 'no-such-file.ndjson'],
    1,
    /no-such-file\.ndjson: there is no such/,
  ],
  ['an unknown format', ['submit', 'orders.xlsx'], 2, /give --format/],
  ['CSV without its columns', ['submit', 'orders.csv', '--currency', 'GBP'], 2, /--key-column/],
  [
    'an unknown currency',
    ['submit', 'x.csv', ...CSV_FLAGS.split(' '), '--currency', 'GBX'],
    2,
    /GBX/,
  ],
  ['a wrong delimiter', ['submit', 'x.csv', '--delimiter', '::'], 2, /one character/],
  ['a wrong concurrency', ['submit', 'x.csv', '--concurrency', '0'], 2, /from 1 to 256/],
  ['an unknown command', ['enqueue'], 2, /unknown command/],
  ['no command', [], 2, /Usage/],
])('%s is told in one message, and nothing is sent', async (_name, args, exitCode, message) => {
  const { env, received } = await startedServer(receipts());
  const ended = await start(args, env).ended;
  expect(ended).toMatchObject({ exitCode, out: '' });
  expect(ended.err).toMatch(message);
  expect(ended.err).not.toMatch(/^ +at /m);
  expect(received).toEqual([]);
});

test('a file that is not UTF-8 is told so, with the way to convert it', async () => {
  const { env } = await startedServer(receipts());
  const folder = await folderWith({
    'orders.csv': Buffer.from(`${HEADER}\n1,\xa3,x,1,1\n`, 'latin1'),
  });
  const args = ['submit', join(folder, 'orders.csv'), ...CSV_FLAGS.split(' ')];
  const { exitCode, err } = await start(args, env).ended;
  expect(exitCode).toBe(1);
  expect(err).toMatch(/not UTF-8.*iconv/s);
});

test.each([
  'submit',
  'get',
  'list',
  'cancel',
  'drain',
  'stats',
  'dead-letters',
  'redrive',
  'keys create',
])('%s --help has its settings and an example', async (command) => {
  const { exitCode, out } = await start([...command.split(' '), '--help'], {}).ended;
  expect(exitCode).toBe(0);
  if (command !== 'keys create') expect(out).toMatch(/SLUICE_URL/);
  expect(out).toMatch(new RegExp(`Examples?:\\n.*npm run sluice -- ${command}`));
});
