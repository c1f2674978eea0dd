/** Lifelike orders for the demo: the same ones each time. */

const CATALOGUE = [
  { sku: 'MUG-BLUE', description: 'Stoneware mug, blue', unitAmount: 1_450 },
  { sku: 'MUG-SAND', description: 'Stoneware mug, sand', unitAmount: 1_450 },
  { sku: 'TEA-ASSAM', description: 'Assam tea, 250 g', unitAmount: 890 },
  { sku: 'TEA-MINT', description: 'Peppermint tea, 100 g', unitAmount: 540 },
  { sku: 'KETTLE-1L', description: 'Enamel kettle, 1 l', unitAmount: 4_900 },
  { sku: 'CANDLE-3', description: 'Beeswax candles, set of 3', unitAmount: 1_290 },
  { sku: 'TICKET-STD', description: 'Concert ticket, standing', unitAmount: 6_500 },
  { sku: 'TICKET-SEAT', description: 'Concert ticket, seated', unitAmount: 8_900 },
  { sku: 'POSTER-A2', description: 'Tour poster, A2', unitAmount: 1_800 },
  { sku: 'CARD-THANKS', description: 'Thank-you card', unitAmount: 325 },
] as const;

export interface DemoOrder {
  readonly idempotencyKey: string;
  readonly body: object;
  /** Of all lines, in the currency's minor unit. */
  readonly totalAmount: number;
}

/** `count` orders of one to four lines; big quantities are rare, as they are in a shop. */
export function demoOrders(count: number): DemoOrder[] {
  const random = randomFrom(20_101_201);
  const pick = (below: number) => Math.floor(random() * below);
  return Array.from({ length: count }, (_, index) => {
    const lines = Array.from({ length: 1 + pick(4) }, () => ({
      ...(CATALOGUE[pick(CATALOGUE.length)] ?? CATALOGUE[0]),
      quantity: Math.ceil(1 / (1 - random() * 0.95)),
    }));
    const reference = `WEB-${String(10_000 + index)}`;
    const body = { customer: `C${10_000 + pick(4_000)}`, currency: 'EUR', lines, reference };
    const totalAmount = lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0);
    return { idempotencyKey: `demo-${reference}`, body, totalAmount };
  });
}

/** A linear congruential generator: the same orders on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
