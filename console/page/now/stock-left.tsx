import { useEffect, useState } from 'preact/hooks';
import type { StockPage } from '../../../lib/contract/stock-schemas.ts';
import type { Reply } from '../../protocol.ts';
import { count } from '../format.ts';
import { usePage } from '../live.ts';
import { ask } from '../session.ts';

const COLUMNS = ['available', 'reserved', 'sold'] as const;

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
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">SKU</th>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stocks.map((stock) => (
              <tr key={stock.sku} data-stock={stock.sku}>
                <td data-name="SKU">{stock.sku}</td>
                {COLUMNS.map((name) => (
                  <td key={name} data-name={name} class="number">
                    {count(stock[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
