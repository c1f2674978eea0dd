import { useEffect, useState } from 'preact/hooks';
import type { StockPage } from '../../../lib/contract/stock-schemas.ts';
import type { Reply } from '../../protocol.ts';
import { count } from '../format.ts';
import { usePage } from '../live.ts';
import { type Column, Table } from '../parts/table.tsx';
import { ask } from '../session.ts';

type Stock = StockPage['stocks'][number];

const COLUMNS: readonly Column<Stock>[] = [
  { name: 'SKU', class: 'theirs', cell: ({ sku }) => sku },
  ...(['available', 'reserved', 'sold'] as const).map(
    (name): Column<Stock> => ({ name, class: 'number', cell: (stock) => count(stock[name]) }),
  ),
];

/** The ten SKUs of which the least is left, read once a minute; nothing where no stock is kept. */
export function StockLeft() {
  const { live } = usePage();
  const minute = Math.floor((live?.nowMs ?? 0) / 60_000);
  const [stocks, setStocks] = useState<StockPage['stocks']>([]);
  useEffect(() => {
    // Without an answer the figures stay: the page's own question says what is wrong.
    void ask<Reply<StockPage>>('stock').then(
      (answer) => answer.kind === 'answered' && setStocks(answer.body.stocks),
      () => undefined,
    );
  }, [minute]);
  if (stocks.length === 0) return null;
  return (
    <section class="card" aria-label="Stock">
      <header>
        <h2>Stock: the scarcest</h2>
      </header>
      <Table rows={stocks} columns={COLUMNS} row={({ sku }) => ({ 'data-stock': sku })} />
    </section>
  );
}
