import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, expect, test } from 'vitest';
import { submissionFrom } from '../../lib/orders/content.ts';
import { startStack } from '../../local/stack.ts';
import { ROOT } from '../support/source-files.ts';
import { storeWith } from '../support/store.ts';

// Orders of a real shop: D. Chen, Online Retail, UCI Machine Learning Repository, CC BY 4.0.
const FILE = `${ROOT}/../shared/data/online-retail-sample.csv`;

/** The exit code where orders of the file are rejected, and the others accepted. */
const SOME = 3;

const dir = mkdtempSync(path.join(tmpdir(), 'sluice-real-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The operator's command, as one types it; answers what it printed. */
function sluice(url: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, SLUICE_URL: url, SLUICE_KEY: 'local-admin-key' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [`${ROOT}/cli/sluice.ts`, ...args], { env }, (error, out) =>
      error && error.code !== SOME ? reject(error) : resolve(out),
    );
  });
}

const submit = [
  ...['submit', FILE, '--json', '--currency', 'GBP', '--rejects', path.join(dir, 'rejects.csv')],
  ...['--key-column', 'InvoiceNo', '--customer-column', 'CustomerID', '--sku-column', 'StockCode'],
  ...['--description-column', 'Description', '--quantity-column', 'Quantity'],
  ...['--unit-price-column', 'UnitPrice'],
];

test.skipIf(!existsSync(FILE))(
  'real orders go in once, however often they are submitted, and come out to the penny (skipped where the sample file is absent)',
  async () => {
    const stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
    try {
      const first = JSON.parse(await sluice(stack.url, ...submit));
      expect(first).toMatchObject({ accepted: 1_586, replayed: 0, lines: 4_271 });
      const rejects: Record<string, string>[] = parse(readFileSync(path.join(dir, 'rejects.csv')), {
        columns: true,
      });
      const reasons = new Map(rejects.map((row) => [row.InvoiceNo, row['sluice reason'] ?? '']));
      const begin = (text: string) => [...reasons.values()].filter((one) => one.startsWith(text));
      expect(begin('Quantity -')).toHaveLength(506);
      expect(begin('UnitPrice 0.001')).toHaveLength(1);
      expect(reasons.size).toBe(507);

      const again = JSON.parse(await sluice(stack.url, ...submit));
      expect(again).toMatchObject({ accepted: 1_586, new: 0, replayed: 1_586 });

      await sluice(stack.url, 'drain', '--until-empty');
      const stats = JSON.parse(await sluice(stack.url, 'stats', '--json'));
      expect(stats).toMatchObject({ queued: 0, producing: 0, dead: 0, produced: 1_586 });
      expect(await totalOfProduced(stack.redis)).toBe(37_427_439);
    } finally {
      await stack.stop();
    }
  },
  120_000,
);

/** The sum of all orders in Redis, not as anybody reported them. */
async function totalOfProduced(server: { url: string; token: string }): Promise<number> {
  const { redis, keys } = storeWith(server, '');
  const records = await redis.mget<string[]>(...(await redis.keys(keys.order('*'))));
  return records.reduce((sum, record) => {
    const { totalAmount = Number.NaN } = submissionFrom(JSON.parse(record).content) ?? {};
    return sum + totalAmount;
  }, 0);
}
