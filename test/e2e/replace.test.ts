import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Client, createClient } from '../../lib/client/client.ts';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { start } from '../cli/command.ts';

let stack: LocalStack;
let admin: Client;
beforeAll(async () => {
  // The schedule could otherwise produce an order before it is replaced.
  stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
  admin = createClient({ url: stack.url, key: 'local-admin-key' });
}, 60_000);
afterAll(() => stack.stop());

interface Line {
  readonly key: string;
  readonly unitAmount: number;
}

/** Submits files of orders with one key, from a folder of the test's own. */
async function shop() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-replace-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const rejects = join(folder, 'rejects.ndjson');
  const env = { SLUICE_URL: stack.url, SLUICE_KEY: 'local-shop-key' };
  async function submit(orders: readonly Line[], ...flags: string[]) {
    const file = join(folder, 'orders.ndjson');
    const lines = orders.map(({ key, unitAmount }) => ({
      ...{ idempotencyKey: key, customer: 'a', currency: 'GBP' },
      lines: [{ sku: 'x', quantity: 1, unitAmount }],
    }));
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const args = ['submit', file, '--json', '--rejects', rejects, ...flags];
    const ended = await start(args, env).ended;
    return { ...ended, report: JSON.parse(ended.out) };
  }
  return { submit, rejects: () => readFile(rejects, 'utf8') };
}

/** The orders of all clients that have this key. */
async function stored(idempotencyKey: string) {
  return (await admin.listPage({ idempotencyKey })).orders;
}

test('a wrong order is put right under its own number, until its production begins', async () => {
  const { submit, rejects } = await shop();
  const before = [
    { key: 'a1', unitAmount: 100 },
    { key: 'a2', unitAmount: 200 },
  ];
  const after = [{ key: 'a1', unitAmount: 150 }, before[1] as Line];
  await submit(before);

  const told = await submit(after);
  expect(told).toMatchObject({ exitCode: 3, report: { accepted: 1, different: 1, replaced: 0 } });
  expect(await rejects()).toMatch(/"idempotencyKey":"a1".*--replace replaces it/);

  const unattended = await submit(after, '--replace');
  expect(unattended).toMatchObject({ exitCode: 3, report: { different: 1, replaced: 0 } });
  expect(unattended.err).toMatch(/Nothing was replaced: add --yes to replace 1 order/);
  expect(await stored('a1')).toMatchObject([{ totalAmount: 100 }]);

  const replaced = await submit(after, '--replace', '--yes');
  expect(replaced).toMatchObject({
    exitCode: 0,
    report: { accepted: 2, replaced: 1, replayed: 1, different: 0, totalAmounts: { GBP: '350' } },
  });
  expect(await rejects()).toBe('');
  const [order] = await stored('a1');
  expect(order?.totalAmount).toBe(150);
  const id = order?.id ?? '';

  // The first content again: the API tells that it was replaced, and --replace puts it back.
  expect(await submit(before)).toMatchObject({ exitCode: 3, report: { different: 1 } });
  await admin.cancel(id);
  expect(await submit(before, '--replace', '--yes')).toMatchObject({ exitCode: 0 });
  expect(await stored('a1')).toMatchObject([{ id, totalAmount: 100, status: 'queued' }]);

  await admin.drain();
  const tooLate = await submit([after[0] as Line], '--replace', '--yes');
  expect(tooLate).toMatchObject({ exitCode: 1, report: { rejected: 1, replaced: 0 } });
  expect(await rejects()).toMatch(/"a1".*is already produced as number \d+: correct it/);
  expect(await stored('a1')).toMatchObject([{ id, totalAmount: 100, status: 'produced' }]);
});

test('orders of one file that have one key do not replace each other', async () => {
  const { submit } = await shop();
  const lines = [100, 200].map((unitAmount) => ({ key: 'c1', unitAmount }));
  const { exitCode, report } = await submit(lines, '--replace', '--yes');
  expect(exitCode).toBe(3);
  expect(report).toMatchObject({ accepted: 1, rejected: 1, replaced: 0 });
  expect(report.rejects[0].reason).toMatch(/another order with this key: keep one/);
  expect(await stored('c1')).toMatchObject([{ totalAmount: 100 }]);
});
