import { randomUUID } from 'node:crypto';
import { settlementOf, sortOut } from '../lib/drain/settlements.ts';
import { withContent } from '../lib/orders/content.ts';
import { orderIdOf } from '../lib/orders/identity.ts';
import type { ProducerAnswer } from '../lib/producers/producer.ts';
import type { Claim } from '../lib/store/claim.ts';
import { readStored } from '../lib/store/read.ts';
import { redrive } from '../lib/store/redrive.ts';
import { settleAndClaim } from '../lib/store/settle.ts';
import { changeStock } from '../lib/store/stock.ts';
import { submit } from '../lib/store/submit.ts';
import { median, rounded } from './figures.ts';
import { CLIENT, ORDER } from './orders.ts';
import { timedStore } from './scale/own-time.ts';
import { startServer } from './servers.ts';

const ORDERS = 500;
const ROUNDS = 40;
const SCRIPT_MS_MAX = 5;
const HOUR_MS = 3_600_000;
/** Settled with what it took from a stock; the others have to do with none. */
const SKU = 'ticket';

const producing = (): ProducerAnswer => ({ kind: 'produced', orderNumber: 'next' });
const submissionOf = (sku: string) => ({
  ...{ customer: '17850', currency: 'GBP', totalAmount: 255 },
  lines: [{ sku, quantity: 1, unitAmount: 255 }],
});

/**
 * How long Redis itself takes for the largest calls of scripts that drains and operators make, of 500
 * orders each: the least and the median of many rounds. Fails where the least is above 5 ms: a busy
 * machine adds a third to the median.
 */
export async function scriptTimes(): Promise<string> {
  const server = await startServer();
  try {
    const { store, of } = await timedStore(server.admin, 'scripts:');
    const times = new Map<string, number[]>();
    /** Notes what one script has taken within some work. */
    async function timed<T>(what: string, script: string, work: () => Promise<T>): Promise<T> {
      const done: T[] = [];
      const { times: taken } = await of(async () => {
        done.push(await work());
        return '';
      });
      const ms = taken.find(({ name }) => name === script)?.medianMs ?? Number.NaN;
      times.set(what, [...(times.get(what) ?? []), ms]);
      return done[0] as T;
    }

    async function submitted(round: string, sku?: string): Promise<void> {
      const orders = Array.from({ length: ORDERS }, (_, at) => {
        const submission = sku ? submissionOf(sku) : { ...ORDER, totalAmount: 1_530 };
        const idempotencyKey = `${round}-${at}`;
        const id = orderIdOf(CLIENT, idempotencyKey);
        return { id, client: CLIENT, idempotencyKey, ...withContent(submission) };
      });
      const limits = { pendingMax: 100_000, queueMax: 1_000_000 };
      const request = { client: CLIENT, orders, nowMs: Date.now(), ...limits, hasStock: !!sku };
      const what = `submit${sku ? ' with stock' : ''}`;
      await timed(what, 'submit', () => submit(store, request));
    }

    async function claimed(what: string, nowMs: number): Promise<Claim> {
      const request = { clients: [CLIENT], ordersMax: ORDERS, leaseMs: HOUR_MS, nowMs };
      const claiming = () => settleAndClaim(store, undefined, { ...request, holder: randomUUID() });
      const { claim } = await timed(what, 'claim', claiming);
      if (claim?.leases.length !== ORDERS) throw new Error(`${what} took ${claim?.leases.length}`);
      return claim;
    }

    async function settled(what: string, claim: Claim, answerOf: () => ProducerAnswer) {
      const ids = claim.leases.map(({ id }) => id);
      const stored = await readStored(store, ids);
      const nowMs = claim.claimedAtMs + 1;
      const settlements = claim.leases.map((lease, at) => {
        const step = { nowMs, random: Math.random(), attemptsMax: 24, claim };
        const outcome = sortOut(lease, stored[at] ?? { record: null, state: null }, step);
        if (outcome.kind !== 'produce') throw new Error(`${lease.id} is not to be produced`);
        return settlementOf(outcome.claimed, answerOf(), step);
      });
      const all = { token: claim.token, settlements, nowMs, isAnnounced: true };
      await timed(what, 'settle', () => settleAndClaim(store, all, undefined));
      return ids;
    }

    const stock = [{ sku: SKU, kind: 'set', units: ROUNDS * ORDERS } as const];
    await changeStock(store, stock, randomUUID());
    for (let round = 0; round < ROUNDS; round += 1) {
      const nowMs = Date.now() + round * 24 * HOUR_MS;
      await submitted(`plain-${round}`);
      const first = await claimed('claim of queued', nowMs);
      await settled('give-back', first, () => ({ kind: 'untried' }));
      const second = await claimed('claim of given back', nowMs);
      await settled('settle as failed', second, () => ({ kind: 'retry', reason: 'It is down.' }));
      const third = await claimed('claim of due', nowMs + HOUR_MS);
      const dead = await settled('settle as dead', third, () => ({
        ...({ kind: 'rejected', reason: 'No such article.' } as const),
      }));
      const again = { ids: dead, pauseMs: 10, redriveId: randomUUID(), nowMs: nowMs + HOUR_MS };
      await timed('redrive', 'redrive', () => redrive(store, again));
      const fourth = await claimed('claim of redriven', nowMs + 2 * HOUR_MS);
      await settled('settle of redriven', fourth, producing);
      await submitted(`more-${round}`);
      const sixth = await claimed('claim of queued', nowMs + 2 * HOUR_MS);
      await settled('settle as produced', sixth, producing);
      await submitted(`stocked-${round}`, SKU);
      const fifth = await claimed('claim of queued', nowMs + 2 * HOUR_MS);
      await settled('settle with stock', fifth, producing);
    }
    return report(times);
  } finally {
    await server.stop();
  }
}

function report(times: ReadonlyMap<string, readonly number[]>): string {
  const lines = [...times].map(([what, all]) => {
    const least = Math.min(...all);
    const isSlow = least > SCRIPT_MS_MAX;
    if (isSlow) process.exitCode = 1;
    const figures = `${rounded(least, 2)} ms at least, ${rounded(median(all), 2)} at the median`;
    return `  ${what.padEnd(20)} ${figures}${isSlow ? `  ABOVE ${SCRIPT_MS_MAX} ms` : ''}`;
  });
  return [`Redis's own time for scripts of ${ORDERS} orders`, ...lines].join('\n');
}
