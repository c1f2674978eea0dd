import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';
import { start } from './start-process.ts';

function call(url: string, method: string, key: string, body?: object) {
  return fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': 'order-1',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** The processes of this machine that mention a text, the test's own excepted. */
function processesThatMention(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return `${command}${environment}`.includes(text) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

test('npm start takes an order, keeps it over a Ctrl-C, leaves nothing running, and produces it', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-start-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const first = await start(dir);
  const accepted = await call(`${first.url}/orders`, 'POST', 'local-shop-key', orderBody());
  expect(accepted.status).toBe(202);
  const location = accepted.headers.get('location');
  first.child.kill('SIGINT');
  expect((await once(first.child, 'exit'))[0]).toBe(0);
  expect(processesThatMention(dir)).toEqual([]);

  const second = await start(dir);
  const drained = await call(`${second.url}/drain`, 'POST', 'local-admin-key');
  const order = await call(`${second.url}${location}`, 'GET', 'local-shop-key');
  expect([drained.status, await order.json()]).toMatchObject([
    200,
    { status: 'produced', orderNumber: 1 },
  ]);

  const reconciled = spawn(process.execPath, ['cli/sluice.ts', 'reconcile'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...second.redis },
  });
  expect((await once(reconciled, 'exit'))[0]).toBe(0);

  second.child.kill('SIGINT');
  await once(second.child, 'exit');
  const third = await start(dir, ['--fresh']);
  const gone = await call(`${third.url}${location}`, 'GET', 'local-shop-key');
  expect(gone.status).toBe(404);
}, 90_000);

test('a second npm start in the same folder is refused, and --fresh throws nothing of the first away', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-start-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const first = await start(dir);
  const accepted = await call(`${first.url}/orders`, 'POST', 'local-shop-key', orderBody());
  await expect(start(dir, ['--fresh'])).rejects.toThrow('in use');
  first.child.kill('SIGINT');
  await once(first.child, 'exit');
  const { url } = await start(dir);
  const order = await call(`${url}${accepted.headers.get('location')}`, 'GET', 'local-shop-key');
  expect(order.status).toBe(200);
}, 60_000);
