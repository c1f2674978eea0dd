import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, STAGE, startDeployment } from './deployment.ts';
import { fire } from './lambda/schedule.ts';
import { REFUSED_CUSTOMER } from './receiver.ts';

let stage: Deployment;
beforeAll(async () => {
  stage = await startDeployment();
}, 60_000);
afterAll(() => stage?.stop());

// Whatever a test does, no function may ask for what its role does not allow, and nobody may invoke
// one who is not permitted to.
afterEach(() => expect(stage.aws.account.denials).toEqual([]));

type Key = 'shop' | 'other' | 'admin';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a route answers
  readonly body: Record<string, unknown>;
}

async function call(
  as: Key | undefined,
  route: string,
  body?: unknown,
  headers = {},
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${stage.api.url}${path}`, {
    method,
    headers: {
      ...(as && { authorization: `Bearer ${stage.secrets.keys[as]}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : {},
  };
}

function submit(order: object, key: string = randomUUID(), as: Key = 'shop') {
  return call(as, 'POST /orders', order, { 'idempotency-key': key });
}

const minute = () => fire(stage.aws.account, stage.lambda, 'rate(1 minute)');

test('an order goes from API Gateway over Redis to the receiver, and is told to be produced', async () => {
  const key = randomUUID();
  const accepted = await submit(orderBody(), key);
  expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } });
  const id = String(accepted.body.id);
  expect(accepted.headers.get('location')).toBe(`/orders/${id}`);
  const repeated = await submit(orderBody(), key);
  expect([repeated.status, repeated.text]).toEqual([202, accepted.text]);
  expect(repeated.headers.get('idempotent-replayed')).toBe('true');
  expect(await submit(orderBody({ customer: 'another' }), key)).toMatchObject({ status: 422 });

  expect(await minute()).toBe(2);
  expect(await call('shop', `GET /orders/${id}`)).toMatchObject({
    status: 200,
    body: { status: 'produced', attempts: 1 },
  });
  expect(stage.receiver.orders.has(id)).toBe(true);
  await minute();
  const told = stage.receiver.events.filter(({ data }) => data.id === id);
  expect(told).toHaveLength(1);
});
