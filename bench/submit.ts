// What the functions log and measure is made, and not printed.
import '../test/support/quiet-functions.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { recordOf } from '../lib/store/order-record.ts';
import { SUBMIT } from '../lib/store/scripts.ts';
import { newOrder } from '../test/support/orders.ts';
import { bullmqOn } from './bullmq.ts';
import { median, ratio, rounded, timed } from './figures.ts';
import { setFunctionEnvironment, submitEvent } from './functions.ts';
import { ORDER } from './orders.ts';
import { type Server, startServer } from './servers.ts';

const ROUNDS = 7;
const BATCHES_OF = [100, 500];
const BATCHED_ORDERS = 10_000;
const CALLS = 2_000;

/** Orders a second through the handler of submit-batch, beside BullMQ's `addBulk` over TCP, in turn. */
export async function submitBatches(): Promise<string> {
  const server = await startServer();
  setFunctionEnvironment(server);
  try {
    const rows: string[] = [];
    for (const size of BATCHES_OF) {
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const handled = perSecond(await submitOnce(round, size));
        const added = perSecond(await addOnce(server, size));
        // The first round warms both up.
        if (round > 0) ours.push(handled) && theirs.push(added);
      }
      rows.push(
        `  ${size} in each call: ${rounded(median(ours))} orders/s, addBulk ${rounded(median(theirs))} jobs/s, ratio ${ratio(ours, theirs)}`,
      );
    }
    return [`submit-batch beside addBulk, ${ROUNDS} rounds in turn`, ...rows].join('\n');
  } finally {
    await server.stop();
  }
}

function perSecond(ms: number): number {
  return BATCHED_ORDERS / (ms / 1_000);
}

async function submitOnce(round: number, size: number): Promise<number> {
  const { handler } = await import('../functions/submit-batch.ts');
  const events = Array.from({ length: BATCHED_ORDERS / size }, (_, batch) => {
    const orders = Array.from({ length: size }, (_, at) => ({
      ...ORDER,
      idempotencyKey: `${size}-${round}-${batch}-${at}`,
    }));
    return submitEvent('POST /orders/batch', { orders });
  });
  return await timed(async () => {
    for (const event of events) await answered(handler, event, 200);
  });
}

async function addOnce(server: Server, size: number): Promise<number> {
  const bullmq = bullmqOn(server.port);
  try {
    await bullmq.ready();
    return await timed(() => bullmq.add(BATCHED_ORDERS, size));
  } finally {
    await bullmq.close();
  }
}

/** Time in the handler of submit-order beside one bare `fetch` of the same script call. */
export async function submitTime(): Promise<string> {
  const server = await startServer();
  setFunctionEnvironment(server);
  try {
    const { handler } = await import('../functions/submit-order.ts');
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let call = 0; call < CALLS; call += 1) {
      const event = submitEvent('POST /orders', ORDER, `h-${call}`);
      const handled = await timed(() => answered(handler, event, 202));
      const fetched = await timed(bareCall(server, `f-${call}`));
      // The first calls warm both up.
      if (call < CALLS / 4) continue;
      ours.push(handled);
      theirs.push(fetched);
    }
    const [handler_, bare] = [median(ours), median(theirs)];
    return [
      `submit, ${rounded(ours.length)} calls in turn`,
      `  handler ${rounded(handler_, 3)} ms, bare fetch of the same script call ${rounded(bare, 3)} ms, ratio ${rounded(handler_ / bare, 2)}`,
    ].join('\n');
  } finally {
    await server.stop();
  }
}

async function answered(
  handler: (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>,
  event: APIGatewayProxyEventV2,
  status: number,
): Promise<void> {
  const { statusCode } = (await handler(event, CONTEXT)) as { statusCode: number };
  if (statusCode !== status) throw new Error(`A submit was answered ${statusCode}`);
}

const CONTEXT = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 } as Context;

/** What the handler sends, made ready before the clock starts. */
function bareCall({ url, token }: Server, key: string) {
  const order = newOrder(key);
  const keys = ['order_clients', 'order_queue:shop', 'order_pending:shop', `order:${order.id}`];
  const args = ['shop', String(Date.now()), '100000', order.id, '', recordOf(order, Date.now())];
  const body = JSON.stringify(['evalsha', SUBMIT.sha1, keys.length, ...keys, ...args]);
  return async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    await answer.text();
    if (!answer.ok) throw new Error(`The script was answered ${answer.status}`);
  };
}
