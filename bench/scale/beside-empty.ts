import { randomUUID } from 'node:crypto';
import { withContent } from '../../lib/orders/content.ts';
import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Store } from '../../lib/store/connection.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { submit } from '../../lib/store/submit.ts';
import { median, rounded, timed } from '../figures.ts';
import { SHOP } from './load.ts';

const ROUNDS = 300;
const BATCH = 100;

const submission = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
  totalAmount: 1_530,
};

const ACTIONS = ['submit of 1', `submit of ${BATCH}`, `claim of ${BATCH}`] as const;

/** The same work on both, in turn, so that what slows the machine down slows both. */
export async function deepBesideEmpty(deep: Store, empty: Store) {
  const times = { deep: new Map<string, number[]>(), empty: new Map<string, number[]>() };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, store] of [
      ['deep', deep],
      ['empty', empty],
    ] as const) {
      for (const [at, action] of ACTIONS.entries()) {
        const ms = await timed(() => act(store, at, round));
        times[name].set(action, [...(times[name].get(action) ?? []), ms]);
      }
      await submitMany(store, `after-${round}`, 1);
    }
  }
  return ACTIONS.map((name) => {
    const [deepMs, emptyMs] = [
      median(times.deep.get(name) ?? []),
      median(times.empty.get(name) ?? []),
    ];
    const ratio = deepMs / emptyMs;
    const figures = `${rounded(deepMs, 3)} ms, ${rounded(emptyMs, 3)} when empty`;
    return { name, ratio, line: `${name.padEnd(14)} ${figures}, ratio ${rounded(ratio, 2)}` };
  });
}

/** What was submitted is claimed in the same round, so one stays empty and the other as deep. */
async function act(store: Store, action: number, round: number): Promise<unknown> {
  if (action === 0) return submitMany(store, `one-${round}`, 1);
  if (action === 1) return submitMany(store, `many-${round}`, BATCH);
  const nowMs = Date.now();
  const lease = { leaseMs: 900_000, nowMs, holder: randomUUID() };
  return settleAndClaim(store, undefined, { clients: [SHOP], ordersMax: BATCH, ...lease });
}

function submitMany(store: Store, name: string, count: number) {
  const orders = Array.from({ length: count }, (_, at) => {
    const idempotencyKey = `${name}-${at}`;
    return {
      ...{ client: SHOP, idempotencyKey, ...withContent(submission) },
      id: orderIdOf(SHOP, idempotencyKey),
    };
  });
  const limits = { pendingMax: 100_000, queueMax: 1_000_000 };
  return submit(store, { client: SHOP, orders, nowMs: Date.now(), ...limits });
}
