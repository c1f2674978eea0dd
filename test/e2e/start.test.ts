import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readDatabase } from '../../local/demo-database.ts';
import { orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';
import { freshFolder, start } from './start-process.ts';

function call(url: string, method: string, key: string, body?: object) {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'idempotency-key': 'order-1',
  };
  return fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

/** Submits an order and answers its path. */
async function submit(url: string): Promise<string> {
  const accepted = await call(`${url}/orders`, 'POST', 'local-shop-key', orderBody());
  expect(accepted.status).toBe(202);
  return `${url}${accepted.headers.get('location')}`;
}

const drain = (url: string) => call(`${url}/drain`, 'POST', 'local-admin-key');

/** Other processes of this machine that mention a text. */
function processesThatMention(text: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    if (Number(pid) === process.pid) return false;
    try {
      const files = ['cmdline', 'environ'].map((name) =>
        readFileSync(`/proc/${pid}/${name}`, 'utf8'),
      );
      return files.join('').replaceAll('\0', ' ').includes(text);
    } catch {
      return false;
    }
  });
}

test('npm start keeps an order over a Ctrl-C, leaves nothing running, and produces it', async () => {
  const dir = freshFolder();
  const first = await start(dir);
  const order = new URL(await submit(first.url)).pathname;
  await expect(start(dir, ['--fresh'])).rejects.toThrow('in use');
  expect(await first.stop('SIGINT')).toBe(0);
  expect(processesThatMention(dir)).toEqual([]);

  const second = await start(dir);
  expect((await drain(second.url)).status).toBe(200);
  const produced = await call(`${second.url}${order}`, 'GET', 'local-shop-key');
  expect(await produced.json()).toMatchObject({ status: 'produced', orderNumber: 1 });
  const reconciled = spawn(process.execPath, ['cli/sluice.ts', 'reconcile'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...second.redis },
  });
  expect((await once(reconciled, 'exit'))[0]).toBe(0);

  await second.stop('SIGINT');
  const third = await start(dir, ['--fresh']);
  const gone = await call(`${third.url}${order}`, 'GET', 'local-shop-key');
  expect(gone.status).toBe(404);
}, 120_000);

test('--producer webhook shows what its receiver gets, and keeps what it answers', async () => {
  const { url, match } = await start(freshFolder(), ['--producer', 'webhook']);
  const order = await submit(url);
  await drain(url);
  const [line] = await match(/The receiver got .*/);
  expect(line).toContain(order.split('/').at(-1));
  expect(await (await call(order, 'GET', 'local-shop-key')).json()).toMatchObject({
    status: 'produced',
    result: { orderNumber: 1 },
  });
}, 90_000);

test('--producer postgres writes into a PostgreSQL of its own, which ends when it is killed', async () => {
  const dir = freshFolder();
  const first = await start(dir, ['--producer', 'postgres']);
  await submit(first.url);
  expect(await (await drain(first.url)).json()).toMatchObject({ produced: 1 });
  const [, databaseUrl = ''] = await first.match(/psql '(\S+)'/);
  expect((await readDatabase(databaseUrl)).sums).toMatchObject({ orders: 1, total: 1_530 });
  await first.stop('SIGKILL');
  await vi.waitUntil(
    () =>
      readDatabase(databaseUrl).then(
        () => false,
        (error) => /ECONNREFUSED/.test(error.message),
      ),
    { timeout: 60_000 },
  );
}, 120_000);

test('--producer ./a/file.ts produces orders with a producer of your own', async () => {
  const folder = freshFolder();
  vi.stubEnv('SLUICE_PRODUCER_FOLDER', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url } = await start(freshFolder(), ['--producer', './examples/orders-to-folder.ts']);
  const id = (await submit(url)).split('/').at(-1);
  await drain(url);
  expect(readdirSync(folder)).toEqual([`${id}.json`]);
}, 90_000);

test.each([
  ['webhooks', '--producer is wrong: '],
  ['__proto__', '--producer is wrong: '],
  ['./examples/none.ts', '--producer is wrong: '],
  ['./examples/orders-to-folder.ts', 'SLUICE_PRODUCER_FOLDER is missing'],
  ['./lib/config.ts', './lib/config.ts exports no createProducer'],
])('npm start refuses the producer %s, and says why', async (name, message) => {
  await expect(start(freshFolder(), ['--producer', name])).rejects.toThrow(message);
});
