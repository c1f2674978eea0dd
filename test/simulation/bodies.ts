import type { Submission } from '../../lib/orders/submission.ts';
import type { Random } from './random.ts';

/** What a client wants: an order of one or two lines, at times for later. */
export function submissionOf(
  random: Random,
  { startMs, stormMs }: { startMs: number; stormMs: number },
  customer: string,
): Submission {
  const lines = Array.from({ length: random.whole(1, 2) }, () => ({
    sku: `sku-${random.whole(1, 99)}`,
    quantity: random.whole(1, 9),
    unitAmount: random.whole(0, 500),
  }));
  const totalAmount = lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0);
  return {
    customer,
    currency: 'GBP',
    lines,
    totalAmount,
    ...(random.chance(0.3) && { reference: `reference-${random.whole(1, 99)}` }),
    ...(random.chance(0.25) && { produceAtMs: startMs + random.whole(-60_000, stormMs) }),
    ...(random.chance(0.2) && { metadata: { channel: 'web' } }),
  };
}
