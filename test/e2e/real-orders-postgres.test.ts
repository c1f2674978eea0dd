import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, expect, test } from 'vitest';
import { readDatabase } from '../../local/demo-database.ts';
import { startProducer } from '../../local/producers.ts';
import { startStack } from '../../local/stack.ts';
import { ROOT } from '../support/source-files.ts';

// Orders of a real shop: D. Chen, Online Retail, UCI Machine Learning Repository, CC BY 4.0.
const FILE = `${ROOT}/../shared/data/online-retail-sample.csv`;

/** The exit code where orders of the file are rejected, and the others accepted. */
const SOME = 3;

const dir = mkdtempSync(path.join(tmpdir(), 'sluice-real-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The operator's command, as one types it. */
function sluice(url: string, ...args: string[]): Promise<void> {
  const env = { ...process.env, SLUICE_URL: url, SLUICE_KEY: 'local-admin-key' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [`${ROOT}/cli/sluice.ts`, ...args], { env }, (error) =>
      error && error.code !== SOME ? reject(error) : resolve(),
    );
  });
}

const submit = [
  ...['submit', FILE, '--currency', 'GBP', '--rejects', path.join(dir, 'rejects.csv')],
  ...['--key-column', 'InvoiceNo', '--customer-column', 'CustomerID', '--sku-column', 'StockCode'],
  ...['--description-column', 'Description', '--quantity-column', 'Quantity'],
  ...['--unit-price-column', 'UnitPrice'],
];

/** What the file has, told without Sluice: invoices of positive quantities at prices in whole pence. */
function source() {
  const rows: Record<string, string>[] = parse(readFileSync(FILE), { columns: true });
  const invoices = Map.groupBy(rows, ({ InvoiceNo }) => InvoiceNo);
  const penceOf = ({ UnitPrice = '' }) => Math.round(Number(UnitPrice) * 1_000) / 10;
  const good = [...invoices.values()].filter((lines) =>
    lines.every((line) => Number(line.Quantity) > 0 && Number.isInteger(penceOf(line))),
  );
  const lines = good.flat();
  const pence = lines.reduce((sum, line) => sum + Number(line.Quantity) * penceOf(line), 0);
  return { orders: good.length, numbers: good.length, total: pence, totalOfLines: pence };
}

test.skipIf(!existsSync(FILE))(
  'real orders that are submitted twice are in PostgreSQL once, to the penny (skipped where the sample file is absent)',
  async () => {
    const producer = await startProducer('postgres', () => undefined);
    const stack = await startStack({
      port: 0,
      isScheduled: false,
      producer,
      onLog: () => undefined,
    });
    try {
      await sluice(stack.url, ...submit);
      await sluice(stack.url, 'drain', '--until-empty');
      await sluice(stack.url, ...submit);
      await sluice(stack.url, 'drain', '--until-empty');
      const { sums } = await readDatabase(producer.databaseUrl ?? '');
      expect(sums).toEqual(source());
      expect(sums).toMatchObject({ orders: 1_586, total: 37_427_439 });
    } finally {
      await stack.stop();
      await producer.stop();
    }
  },
  120_000,
);
