import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { start } from './start-process.ts';

function freshFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-start-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const ADMIN = { authorization: 'Bearer local-admin-key' };

/** Hands an order in, and answers its id. */
async function submit(url: string): Promise<string> {
  const accepted = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer local-shop-key',
      'content-type': 'application/json',
      'idempotency-key': 'order-1',
    },
    body: JSON.stringify(orderBody()),
  });
  expect(accepted.status).toBe(202);
  const { id } = (await accepted.json()) as { id: string };
  return id;
}

test('npm start -- --producer webhook shows what its receiver gets, and keeps what it answers', async () => {
  const { url, printed } = await start(freshFolder(), ['--producer', 'webhook']);
  const id = await submit(url);
  await fetch(`${url}/drain`, { method: 'POST', headers: ADMIN });
  const [line] = await printed.match(/The receiver got .*/);
  expect(line).toContain(id);
  const order = await fetch(`${url}/orders/${id}`, { headers: ADMIN });
  expect(await order.json()).toMatchObject({
    status: 'produced',
    orderNumber: 1,
    result: { orderNumber: 1 },
  });
}, 90_000);

test('npm start -- --producer ./a/file.ts produces orders with a producer of one’s own', async () => {
  const folder = freshFolder();
  vi.stubEnv('SLUICE_PRODUCER_FOLDER', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url } = await start(freshFolder(), ['--producer', './examples/orders-to-folder.ts']);
  const id = await submit(url);
  await fetch(`${url}/drain`, { method: 'POST', headers: ADMIN });
  expect(readdirSync(folder)).toEqual([`${id}.json`]);
}, 90_000);

test.each(['webhooks', './examples/none.ts', '__proto__'])(
  'npm start does not start with the producer %s, and says which there are',
  async (name) => {
    await expect(start(freshFolder(), ['--producer', name])).rejects.toThrow(
      '--producer is wrong: ',
    );
  },
);

test('npm start does not start with a producer that would not, and says why', async () => {
  vi.stubEnv('SLUICE_PRODUCER_FOLDER', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(
    start(freshFolder(), ['--producer', './examples/orders-to-folder.ts']),
  ).rejects.toThrow('SLUICE_PRODUCER_FOLDER is missing');
  await expect(start(freshFolder(), ['--producer', './lib/config.ts'])).rejects.toThrow(
    './lib/config.ts exports no createProducer',
  );
});
