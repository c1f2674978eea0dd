import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { readDatabase } from '../../local/demo-database.ts';
import { orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';

/** `npm start -- --producer postgres` in a folder, on free ports. */
async function start(dir: string) {
  const child = spawn(process.execPath, [`${ROOT}/local/start.ts`, '--producer', 'postgres'], {
    cwd: dir,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return { child, dir, ...(await addresses(child)) };
}

/** Where orders are kept; PostgreSQL, which does not run as root, must be able to come there. */
function freshFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-start-'));
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function addresses(child: ChildProcess): Promise<{ url: string; databaseUrl: string }> {
  return new Promise((resolve, reject) => {
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        printed += `${line}\n`;
        const url = /ready at (\S+)/.exec(printed)?.[1];
        const databaseUrl = /psql '(\S+)'/.exec(printed)?.[1];
        if (url && databaseUrl) resolve({ url, databaseUrl });
      });
    }
    child.once('exit', () => reject(new Error(`It ended: ${printed}`)));
  });
}

async function submitAndDrain(url: string, key: string): Promise<void> {
  const call = (route: string, bearer: string, body?: object) =>
    fetch(`${url}${route}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  expect((await call('/orders', 'local-shop-key', orderBody())).status).toBe(202);
  expect(await (await call('/drain', 'local-admin-key')).json()).toMatchObject({ produced: 1 });
}

test('npm start -- --producer postgres writes orders into a PostgreSQL of its own, and keeps them', async () => {
  const first = await start(freshFolder());
  await submitAndDrain(first.url, 'order-1');
  expect((await readDatabase(first.databaseUrl)).sums).toMatchObject({ orders: 1, total: 1_530 });
  first.child.kill('SIGINT');
  expect((await once(first.child, 'exit'))[0]).toBe(0);
  await expect(readDatabase(first.databaseUrl)).rejects.toThrow('ECONNREFUSED');

  const second = await start(first.dir);
  await submitAndDrain(second.url, 'order-2');
  expect((await readDatabase(second.databaseUrl)).sums).toMatchObject({ orders: 2, numbers: 2 });
}, 90_000);

test('a start that is killed takes its PostgreSQL along', async () => {
  const { child, databaseUrl } = await start(freshFolder());
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (let isUp = true; isUp; ) {
    isUp = await readDatabase(databaseUrl).then(
      () => true,
      (error: Error) => !/ECONNREFUSED/.test(error.message),
    );
  }
}, 90_000);
