import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Store } from '../store/connection.ts';
import { scarcestStock } from '../store/stock.ts';

const SCARCEST = 10;

/** Notes what is left of the ten scarcest SKUs, at two commands for each 5,000 that are tracked. */
export async function measureStock(
  store: Store,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Log },
): Promise<void> {
  try {
    const scarcest = await scarcestStock(store, SCARCEST);
    for (const { stock } of scarcest) metrics.measure('StockLeft', stock.available);
    const left = scarcest.map(({ sku, stock }) => `${sku}=${stock.available}`);
    if (left.length > 0) log('info', 'stock-left', { left });
  } catch (error) {
    // What was drained counts; the next drain measures again.
    log('warn', 'stock-unknown', { error: error instanceof Error ? error.name : 'unknown' });
  }
}
