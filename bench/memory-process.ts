/** A process that does the worst of one function, and tells its parent what that took. */
import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { orderIdOf } from '../lib/orders/identity.ts';

export type Work = 'submit-order' | 'get-order' | 'submit-batch' | 'list-orders' | 'drain-queue';

export interface Measured {
  readonly peakMb: number;
  /** Of all calls but the first, which loads and warms up. */
  readonly cpuMs: number;
  readonly calls: number;
}

const KEY = 'bench-key';
const CALLS = 8;
const METADATA = Object.fromEntries(
  Array.from({ length: 20 }, (_, at) => [`key-${at}`, 'm'.repeat(256)]),
);

/** An order of so many bytes, up to a few. */
function orderOf(bytes: number, rest: object = {}) {
  const line = { sku: 's'.repeat(64), quantity: 1, unitAmount: 1, description: 'd'.repeat(100) };
  const order = { customer: 'c', currency: 'GBP', lines: [line], ...rest };
  const lineBytes = JSON.stringify(line).length + 1;
  const lines = 1 + Math.floor((bytes - JSON.stringify(order).length) / lineBytes);
  return { ...order, lines: Array.from({ length: Math.min(1_000, lines) }, () => line) };
}

function call(name: Exclude<Work, 'drain-queue'>, at: number) {
  if (name === 'submit-order') return { body: orderOf(260_000) };
  // The order that the process before this one submitted.
  if (name === 'get-order') return { pathParameters: { id: orderIdOf('shop', 'single-0') } };
  if (name === 'list-orders') return { queryStringParameters: { limit: '100' } };
  const orders = Array.from({ length: 500 }, (_, index) => ({
    ...orderOf(8_200, { metadata: METADATA }),
    idempotencyKey: `batch-${at}-${index}`,
  }));
  return { body: { orders } };
}

async function run(work: Work): Promise<number> {
  const { handler } = await import(`../functions/${work}.ts`);
  const context = (at: number) =>
    ({ awsRequestId: `bench-${at}`, getRemainingTimeInMillis: () => 60_000 }) as Context;
  if (work === 'drain-queue') {
    const cpu = process.cpuUsage();
    await handler({ slot: 0 }, context(0));
    return cpuMsSince(cpu);
  }
  let cpu = process.cpuUsage();
  for (let at = 0; at <= CALLS; at += 1) {
    if (at === 1) cpu = process.cpuUsage();
    const { body, ...rest } = { body: undefined, ...call(work, at) };
    const headers = {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'idempotency-key': `single-${at}`,
    };
    const requestContext = { http: { method: body === undefined ? 'GET' : 'POST' } };
    const event = { ...rest, headers, requestContext, body: body && JSON.stringify(body) };
    const { statusCode } = await handler(event as unknown as APIGatewayProxyEventV2, context(at));
    if (statusCode >= 300) throw new Error(`A call was answered ${statusCode}`);
  }
  return cpuMsSince(cpu);
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

const scopes = ['orders:write', 'orders:read'];
const sha256 = createHash('sha256').update(KEY).digest('hex');
process.env.SLUICE_API_KEYS = JSON.stringify([{ client: 'shop', scopes, sha256 }]);
const work = process.argv[2] as Work;
const cpuMs = await run(work);
const calls = work === 'drain-queue' ? 1 : CALLS;
process.send?.({ peakMb: process.resourceUsage().maxRSS / 1_024, cpuMs, calls } satisfies Measured);
