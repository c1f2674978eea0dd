import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { receipts } from '../../support/pretend-server.ts';
import { start, startedServer } from '../command.ts';

const CSV_FLAGS =
  '--key-column Invoice --customer-column Customer --sku-column Sku --quantity-column Quantity --unit-price-column Price --currency GBP';
const HEADER = 'Invoice,Customer,Sku,Quantity,Price';

async function folderWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** The arguments of a submit of a file with the columns of `HEADER`. */
function submitting(file: string, ...more: string[]): string[] {
  return ['submit', file, ...CSV_FLAGS.split(' '), ...more];
}

test('a file is shown and submitted; what is rejected is listed and can be fixed and submitted', async () => {
  const errors = [{ pointer: '/customer', detail: 'is not known' }];
  const refusal = { status: 400, problem: { detail: 'Wrong.', errors } };
  const refused = (customer: string) => (customer === 'nobody' ? refusal : undefined);
  const { env } = await startedServer(receipts(({ customer }) => refused(customer)));
  const rows = [
    '1,a,x,2,1.50',
    'C2,a,x,-6,1.50',
    '3,nobody,"x, y",1,0.01',
    '1,a,y,1,0.05',
    '4,a,x,1,0.001',
  ];
  const folder = await folderWith({ 'orders.csv': `\ufeff${[HEADER, ...rows].join('\r\n')}` });
  const rejects = join(folder, 'rejects.csv');

  const first = await start(submitting(join(folder, 'orders.csv'), '--rejects', rejects), env)
    .ended;
  const written = await readFile(rejects, 'utf8');
  const again = await start(submitting(rejects, '--rejects', join(folder, 'again.csv')), env).ended;
  await writeFile(
    rejects,
    written.replace('nobody', 'b').replace('-6', '6').replace('0.001', '0.01'),
  );
  const fixed = await start(submitting(rejects), env).ended;

  expect(first).toMatchObject({ exitCode: 3 });
  expect(first.out).toMatch(/^orders +2 orders to send, 3 lines\ntotal +GBP 3\.06\n/m);
  expect(first.out).toMatch(
    /^accepted +1 order, 2 lines\n +new +1\n.*\n +total +GBP 3\.05\nrejected +3 orders\n/m,
  );
  expect(first.out).toMatch(/^4 +3 +rejected +Customer nobody: is not known$/m);
  expect(written).toBe(
    `${HEADER},sluice row,sluice reason\n` +
      'C2,a,x,-6,1.50,3,Quantity -6 is less than 1\n' +
      '3,nobody,"x, y",1,0.01,4,Customer nobody: is not known\n' +
      "4,a,x,1,0.001,6,Price 0.001 is not a whole number of GBP's minor unit (2 decimal places)\n",
  );
  expect(again.exitCode).toBe(1);
  expect(await readFile(join(folder, 'again.csv'), 'utf8')).toMatch(
    /^Invoice,Customer,Sku,Quantity,Price,sluice row,sluice reason\nC2,a,x,-6,1\.50,2,/,
  );
  expect(fixed).toMatchObject({ exitCode: 0 });
  expect(fixed.out).toMatch(/ new +3\n/);
});

test('where something is doubtful nothing is sent, unless --yes sends the rest', async () => {
  const { env, received } = await startedServer(receipts());
  const folder = await folderWith({ 'orders.csv': `${HEADER}\n1,a,x,1,1.200\n2,a,x,1,1\n` });
  const file = join(folder, 'orders.csv');

  const dry = await start(submitting(file, '--dry-run'), {}).ended;
  const unattended = await start(submitting(file), env).ended;
  expect(received).toEqual([]);
  const agreed = await start(submitting(file, '--yes', '--json'), env).ended;
  const decided = await start(submitting(file, '--decimal', 'comma', '--json'), env).ended;

  expect(dry).toMatchObject({ exitCode: 3, out: expect.stringMatching(/^doubtful +1 order$/m) });
  expect(unattended.exitCode).toBe(1);
  expect(unattended.err).toMatch(
    /Nothing was sent, as 1 order .*--yes to send only the clear ones/s,
  );
  expect(agreed.exitCode).toBe(3);
  expect(JSON.parse(agreed.out)).toMatchObject({
    ...{ end: 'finished', orders: 2, accepted: 1, doubtful: 1, totalAmounts: { GBP: '100' } },
    look: { orders: 1, delimiter: ',', first: [{ idempotencyKey: '2' }] },
    rejects: [{ row: 2, key: '1', fate: 'doubtful' }],
  });
  expect(decided.exitCode).toBe(0);
  expect(JSON.parse(decided.out)).toMatchObject({
    new: 1,
    replayed: 1,
    totalAmounts: { GBP: '120100' },
  });
});

test('NDJSON comes from standard input too; lines that are rejected can be fixed as they are', async () => {
  const { env } = await startedServer(receipts());
  const line = { sku: 'x', quantity: 1, unitAmount: 5 };
  const good = { idempotencyKey: 'k', customer: 'a', currency: 'GBP', lines: [line] };
  const input = `${JSON.stringify(good)}\nnonsense\n${JSON.stringify({ ...good, customer: '' })}\n`;
  const rejects = join(await folderWith({}), 'rejects.ndjson');
  const args = ['submit', '-', '--format', 'ndjson', '--json', '--rejects', rejects];
  const { exitCode, out } = await start(args, env, input).ended;
  expect(exitCode).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    orders: 3,
    accepted: 1,
    rejects: [{ row: 2 }, { row: 3 }],
  });
  const [first, second = ''] = (await readFile(rejects, 'utf8')).split('\n');
  expect(first).toBe('nonsense');
  const fixed = second.replace('"customer":""', '"customer":"b"').replace('"k"', '"k2"');
  expect(JSON.parse(fixed).sluice).toMatchObject({ row: 3 });
  const again = await start(['submit', '-', '--format', 'ndjson'], env, fixed).ended;
  expect(again).toMatchObject({ exitCode: 0, out: expect.stringMatching(/ new +1\n/) });
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
  const args = submitting(join(folder, 'orders.csv'), '--concurrency', '1');

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
  const args = submitting(join(folder, 'orders.csv'));
  const { exitCode, out, err } = await start(args, env).ended;
  expect(exitCode).toBe(1);
  expect(out).toMatch(/accepted +0 orders/);
  expect(err.match(/SLUICE_KEY \(401\)/g)).toHaveLength(1);
});

test('the file of orders is never overwritten by the rejected ones', async () => {
  const { env, received } = await startedServer(receipts());
  const folder = await folderWith({ 'orders.csv': `${HEADER}\n1,a,x,1,1\n` });
  const file = join(folder, 'orders.csv');
  const args = submitting(file, '--rejects', `${folder}/./orders.csv`);
  const { exitCode, err } = await start(args, env).ended;
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

test('a name that tells no format, and CSV without its columns, are told', async () => {
  const { env } = await startedServer(receipts());
  const folder = await folderWith({ 'orders.dat': 'x', 'orders.csv': HEADER });
  const unnamed = await start(['submit', join(folder, 'orders.dat')], env).ended;
  expect(unnamed).toMatchObject({ exitCode: 2, err: expect.stringMatching(/use --format/) });
  const bare = await start(['submit', join(folder, 'orders.csv'), '--currency', 'GBP'], env).ended;
  expect(bare).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/--key-column.*columns are: Invoice/s),
  });
});

test.each([
  'submit',
  'get',
  'list',
  'cancel',
  'erase',
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
