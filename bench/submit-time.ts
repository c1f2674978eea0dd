// What the function logs and measures is made, and not printed.
import '../test/support/quiet-functions.ts';
import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { SUBMIT } from '../lib/redis/scripts.ts';
import { median, rounded, timed } from './figures.ts';
import { startServer } from './server.ts';

const CALLS = 2_000;
const KEY = 'bench-key';

/** Time in the handler of submit-order beside one bare `fetch` of the same script call. */
export async function submitTime(): Promise<string> {
  const server = await startServer();
  try {
    const handle = await submitHandler(server);
    const bare = bareCall(server);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let call = 0; call < CALLS; call += 1) {
      const handled = await timed(() => handle(`h-${call}`));
      const fetched = await timed(() => bare(`f-${call}`));
      // The first calls warm both up.
      if (call < CALLS / 4) continue;
      ours.push(handled);
      theirs.push(fetched);
    }
    return [
      `submit, ${rounded(ours.length)} calls in turn`,
      `  handler  ${rounded(median(ours), 3)} ms`,
      `  fetch    ${rounded(median(theirs), 3)} ms (the same script call, bare)`,
      `  ratio    ${rounded(median(ours) / median(theirs), 2)}`,
    ].join('\n');
  } finally {
    await server.stop();
  }
}

async function submitHandler(server: { url: string; token: string }) {
  Object.assign(process.env, {
    UPSTASH_REDIS_REST_URL: server.url,
    UPSTASH_REDIS_REST_TOKEN: server.token,
    SLUICE_API_KEYS: JSON.stringify([
      {
        client: 'shop',
        scopes: ['orders:write'],
        sha256: createHash('sha256').update(KEY).digest('hex'),
      },
    ]),
  });
  const { handler } = await import('../functions/submit-order.ts');
  const body = JSON.stringify({
    customer: '17850',
    currency: 'GBP',
    lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
  });
  return async (idempotencyKey: string) => {
    const headers = {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    };
    const event = { headers, body, requestContext: { http: { method: 'POST' } } };
    const context = { awsRequestId: idempotencyKey } as Context;
    const answer = await handler(event as unknown as APIGatewayProxyEventV2, context);
    if (answer.statusCode !== 202) throw new Error(`A submit was answered ${answer.statusCode}`);
  };
}

function bareCall({ url, token }: { url: string; token: string }) {
  const keys = ['order_index', 'order_queue', 'order_pending'];
  const fields = ['4', 'customer', '17850', 'currency', 'GBP', 'fingerprint', 'x', 'v', '1'];
  return async (id: string) => {
    const command = ['EVALSHA', SUBMIT.sha1, 4, ...keys, `order:${id}`, '1', id, '', ...fields];
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(command),
    });
    await answer.text();
    if (!answer.ok) throw new Error(`The script was answered ${answer.status}`);
  };
}
