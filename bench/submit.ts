// What the functions log and measure is made, and not printed.
import { idPrefixOf, orderIdOf } from '../lib/orders/identity.ts';
import { quietFunctions } from '../test/support/quiet-functions.ts';
import { bullmqOn } from './bullmq.ts';
import { median, ratio, rounded, timed } from './figures.ts';
import { call, request, setFunctionEnvironment } from './functions.ts';
import { CLIENT, ORDER } from './orders.ts';
import { type Server, startServer } from './servers.ts';

quietFunctions();

const ROUNDS = 7;
const BATCHES_OF = [100, 500];
const BATCHED_ORDERS = 10_000;
const CALLS = 2_000;
/** Whose request is the model of the bare ones. */
const FIRST = 'first';

/**
 * Orders a second through the handler of submit-batch, one call after the other, beside BullMQ's `addBulk`
 * over TCP and one call after the other too, in turn. Both have their input ready, as JSON and as objects, and
 * share a redis-server that keeps nothing. Beside them the requests that the handler has sent, ready made and
 * sent bare: nothing that speaks HTTP to the same script can be faster.
 */
export async function submitBatches(): Promise<string> {
  const server = await startServer();
  // Hundreds of thousands of orders are taken in, and none is drained.
  setFunctionEnvironment(server, { SLUICE_STORAGE_MB: '10000000' });
  try {
    const rows: string[] = [];
    for (const size of BATCHES_OF) {
      const [ours, theirs, bare]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const handled = perSecond(await submitOnce(round, size));
        const added = perSecond(await addOnce(server, size));
        const fetched = perSecond(await fetchOnce(server, round, size));
        // The first round warms all up.
        if (round > 0) ours.push(handled) && theirs.push(added) && bare.push(fetched);
      }
      rows.push(
        `  ${size} in each call: ${rounded(median(ours))} orders/s, addBulk ${rounded(median(theirs))} jobs/s, ratio ${ratio(ours, theirs)}`,
        `    bare requests ${rounded(median(bare))} orders/s, ratio to addBulk ${ratio(bare, theirs)}`,
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
    const orders = ordersOf(`${size}-${round}-${batch}`, size);
    return request('POST /orders/batch', { body: { orders } });
  });
  return await timed(async () => {
    for (const event of events) await call(handler, event, 200);
  });
}

/** The requests of a round of `submitOnce`, for other orders. */
async function fetchOnce(server: Server, round: number, size: number): Promise<number> {
  const { handler } = await import('../functions/submit-batch.ts');
  const orders = ordersOf(`bare-${size}-${round}`, size);
  const sent = await sentBy(() =>
    call(handler, request('POST /orders/batch', { body: { orders } }), 200),
  );
  const calls = Array.from({ length: BATCHED_ORDERS / size }, (_, at) => {
    const prefix = `ord_${String(1_000 * (round + 1) + at).padStart(4, '0')}`;
    return bareCall(server, sent.replaceAll(idPrefixOf(CLIENT), prefix));
  });
  return await timed(async () => {
    for (const send of calls) await send();
  });
}

function ordersOf(name: string, size: number) {
  return Array.from({ length: size }, (_, at) => ({ ...ORDER, idempotencyKey: `${name}-${at}` }));
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
    const submit = (idempotencyKey: string) =>
      call(handler, request('POST /orders', { body: ORDER, idempotencyKey }), 202);
    // Redis learns the script by the first, so that the second sends it by its digest.
    await submit('warm-up');
    const sent = await sentBy(() => submit(FIRST));
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let number = 0; number < CALLS; number += 1) {
      const handled = await timed(() => submit(`h-${number}`));
      const fetched = await timed(bareCall(server, sentFor(sent, `f-${number}`)));
      // The first calls warm both up.
      if (number < CALLS / 4) continue;
      ours.push(handled);
      theirs.push(fetched);
    }
    const [handled, bare] = [median(ours), median(theirs)];
    return [
      `submit, ${rounded(ours.length)} calls in turn`,
      `  handler ${rounded(handled, 3)} ms, bare fetch of the same script call ${rounded(bare, 3)} ms, ratio ${rounded(handled / bare, 2)}`,
    ].join('\n');
  } finally {
    await server.stop();
  }
}

/** What the handler has sent for an order, for another: as many bytes. */
function sentFor(sent: string, key: string): string {
  return sent.replaceAll(orderIdOf(CLIENT, FIRST), orderIdOf(CLIENT, key));
}

/** Sends what the handler sends, made ready beforehand. */
function bareCall({ url, token }: Server, body: string) {
  return async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    const { result } = (await answer.json()) as { result?: unknown };
    if (!Array.isArray(result)) throw new Error(`The script was answered ${answer.status}`);
  };
}

/** The body of the one request that some work sends. */
async function sentBy(work: () => Promise<unknown>): Promise<string> {
  const { fetch } = globalThis;
  let body = '';
  globalThis.fetch = (url, init) => {
    body = String(init?.body);
    return fetch(url, init);
  };
  await work();
  globalThis.fetch = fetch;
  return body;
}
