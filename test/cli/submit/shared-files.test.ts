import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCsvOrders } from '../../cli/csv-orders.ts';
import { readText } from '../../cli/input.ts';
import { findCurrency } from '../../cli/money.ts';

const SAMPLE = '../shared/data/online-retail-sample.csv';
const isAbsent = !existsSync(SAMPLE);

test.skipIf(isAbsent)(
  `a real shop's invoices are converted, every row${isAbsent ? ` (skipped: no ${SAMPLE} here)` : ''}`,
  async () => {
    const currency = findCurrency('GBP');
    if (!currency) throw new Error('no GBP');
    const columns = {
      key: 'InvoiceNo',
      customer: 'CustomerID',
      sku: 'StockCode',
      description: 'Description',
      quantity: 'Quantity',
      unitPrice: 'UnitPrice',
    };

    const options = { columns, currency, delimiter: ',' };
    const { submissions, rejects } = await readCsvOrders(readText(SAMPLE), options);

    const ordersLines = submissions.map(({ order }) => order.lines as { quantity: number }[]);
    const acceptable = ordersLines.filter((lines) => lines.every(({ quantity }) => quantity >= 1));
    expect(submissions.length + rejects.length).toBe(2093);
    expect(acceptable).toHaveLength(1586);
    expect(acceptable.flat()).toHaveLength(4271);
    expect(rejects).toEqual([
      {
        row: 3381,
        key: '550193',
        reason: "unit price 0.001 is no whole number of GBP's minor unit (2 decimal places)",
      },
    ]);
  },
);
