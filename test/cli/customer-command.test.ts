import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { start, startedServer } from './command.ts';

const ID = (digit: number) => `ord_${String(digit).repeat(32)}`;
const order = (digit: number, more = {}) => ({
  ...{ id: ID(digit), status: 'queued', customer: 'canary', currency: 'GBP', totalAmount: 300 },
  ...{ idempotencyKey: 'k', acceptedAt: '2026-11-22T13:37:00.000Z', attempts: 0 },
  ...{ updatedAt: '2026-11-22T13:37:00.000Z', client: 'shop' },
  ...more,
});

/** An API with three orders of the customer: one that is being produced, and one that is erased meanwhile. */
function api() {
  return startedServer(({ method, path: asked }) => {
    const orders = [order(1), order(2, { status: 'producing' }), order(3)];
    if (asked.startsWith('/orders?'))
      return { status: 200, body: { orders, nextCursor: null, examined: 3 } };
    const isProducing = asked === `/orders/${ID(2)}`;
    if (method === 'DELETE') {
      return isProducing
        ? { status: 409, body: { type: '/problems/not-erasable' } }
        : { status: 204 };
    }
    if (asked === `/orders/${ID(3)}`)
      return { status: 410, body: { type: '/problems/order-erased' } };
    const found = orders.find(({ id }) => asked === `/orders/${id}`);
    const lines = [{ sku: 'x\u202e', quantity: 1, unitAmount: 300 }];
    return { status: 200, body: { ...found, lines } };
  });
}

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-customer-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('the orders of a customer are shown, then erased, and what was done is recorded without them', async () => {
  const { env, received } = await api();
  const asked = await start(['erase', '--customer', 'canary'], env).ended;
  expect(asked).toMatchObject({ exitCode: 1, out: expect.stringContaining(`${ID(3)}  queued`) });
  expect(asked.err).toContain('Nothing was erased: add --yes to erase 3 orders');
  expect(received.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(received[0]?.path).toBe('/orders?customer=canary&limit=100');

  const file = path.join(folder(), 'erased.json');
  const flags = ['--customer', 'canary', '--yes', '--record', file];
  const { exitCode, out } = await start(['erase', ...flags], env).ended;
  expect([exitCode, out]).toEqual([3, expect.stringContaining(`${ID(2)} is being produced`)]);
  const record = readFileSync(file, 'utf8');
  const standing = (digit: number, status: string) => {
    return { id: ID(digit), client: 'shop', status, acceptedAt: '2026-11-22T13:37:00.000Z' };
  };
  expect(JSON.parse(record)).toMatchObject({
    erased: [standing(1, 'queued'), standing(3, 'queued')],
    left: [standing(2, 'producing')],
  });
  expect(record).not.toContain('canary');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await start(['erase', ID(1), ...flags], env).ended).toMatchObject({ exitCode: 2 });
}, 30_000);

test('all that is kept of a customer is exported to a file that nobody else can read', async () => {
  const { env } = await api();
  const file = path.join(folder(), 'orders.ndjson');
  const { out } = await start(['export', '--customer', 'canary', '--out', file], env).ended;
  expect(out).toBe(`2 orders in ${file}\n`);
  const text = readFileSync(file, 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([{ id: ID(1), lines: [{ sku: 'x\u202e' }] }, { id: ID(2) }]);
  expect(text).not.toContain('\u202e');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await start(['export', '--customer', 'canary', '--out', file], env).ended;
  expect(again).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('Cannot write a new file'),
  });
}, 30_000);
