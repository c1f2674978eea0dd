import { newClient } from '../lib/postgres/connection.ts';
import { databaseSettings } from '../lib/postgres/database-settings.ts';

const ROWS = 5;

const FIRST_ROWS = `select order_number, reference, customer, currency, total_amount,
    (select count(*) from order_lines where order_id = id) as lines
  from orders order by order_number limit ${ROWS}`;

const SUMS = `select count(*) as orders, count(distinct order_number) as numbers,
    sum(total_amount) as total,
    (select sum(quantity * unit_amount) from order_lines) as total_of_lines
  from orders`;

/** What the database has, as it says itself. */
export interface DatabaseSums {
  readonly orders: number;
  readonly numbers: number;
  /** In the currency's minor unit. */
  readonly total: number;
  readonly totalOfLines: number;
}

/**
 * Reads what the Postgres producer has written.
 *
 * @returns the sums over all orders, and the first rows as text
 */
export async function readDatabase(url: string): Promise<{ sums: DatabaseSums; rows: string }> {
  const client = newClient(databaseSettings({ DATABASE_URL: url }));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const first = await client.query({ text: FIRST_ROWS });
    const { rows } = await client.query({ text: SUMS });
    const number = (name: string) => Number(rows[0]?.[name] ?? 0);
    const sums = {
      orders: number('orders'),
      numbers: number('numbers'),
      total: number('total'),
      totalOfLines: number('total_of_lines'),
    };
    return { sums, rows: table(first.rows) };
  } finally {
    await client.end();
  }
}

/** Rows under the names of their columns, as psql shows them. */
function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))];
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | '));
  const rule = widths.map((width) => '-'.repeat(width)).join('-+-');
  return [lines[0], rule, ...lines.slice(1)].map((line) => `  ${line}`.trimEnd()).join('\n');
}
