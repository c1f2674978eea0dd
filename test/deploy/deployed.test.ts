import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { orderBody } from '../support/orders.ts';
import { keepVariables } from '../support/secrets-manager.ts';
import { FUNCTIONS } from '../support/source-files.ts';
import { anotherStage } from './another-stage.ts';
import { clientOf } from './client.ts';
import { type Deployment, STAGE, startDeployment } from './deployment.ts';
import { fire } from './lambda/schedule.ts';
import { plantOrder } from './planted-order.ts';
import { REFUSED_CUSTOMER } from './receiver.ts';
import { placesOf, tracesOf } from './traces.ts';

let stage: Deployment;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  stage = await startDeployment();
  client = clientOf(stage.api, stage.secrets.keys);
}, 300_000);
afterAll(() => stage?.stop());

// Whatever a test does: nobody asks for what their role does not allow, neither a function nor who
// deploys, and nobody invokes a function without being permitted to.
afterEach(() => expect(stage.aws.account.denials).toEqual([]));

const minute = () => fire(stage.aws.account, stage.lambda, 'rate(1 minute)');

/** How many instances of a function were started so far. */
const startsOf = (name: string) =>
  stage.lambda.starts().filter(({ functionName }) => functionName === `sluice-${STAGE}-${name}`)
    .length;

test('an order goes in over API Gateway, is produced by the schedule’s drain, and is told of', async () => {
  const key = randomUUID();
  const accepted = await client.submit(orderBody(), { key });
  expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } });
  expect(accepted.headers.location).toBe(`/orders/${accepted.id}`);
  const repeated = await client.submit(orderBody(), { key });
  expect([repeated.status, repeated.text]).toEqual([202, accepted.text]);
  expect(repeated.headers['idempotent-replayed']).toBe('true');
  expect(await client.submit(orderBody({ customer: 'b' }), { key })).toMatchObject({ status: 422 });

  // The drain and the announcer.
  expect(await minute()).toBe(2);
  const read = await client.call('shop', `GET /orders/${accepted.id}`);
  expect(read).toMatchObject({ status: 200, body: { status: 'produced', attempts: 1 } });
  expect(stage.receiver.orders.has(accepted.id)).toBe(true);
  await minute();
  const told = stage.receiver.events.filter(({ data }) => data.id === accepted.id);
  expect(told.map(({ type }) => type)).toEqual([expect.stringMatching(/produced/)]);
});

test('a batch goes in, is listed, counted, drained over HTTP, and shown to nobody else', async () => {
  const customer = randomUUID();
  const orders = [1, 2, 3].map(() => ({
    idempotencyKey: randomUUID(),
    ...orderBody({ customer }),
  }));
  const batch = await client.call('shop', 'POST /orders/batch', { body: { orders } });
  const results = batch.body.results as { status: number; order: { id: string } }[];
  expect(results.map(({ status }) => status)).toEqual([202, 202, 202]);

  const list = await client.call('shop', `GET /orders?customer=${customer}&limit=100`);
  expect(list.body.orders).toHaveLength(3);
  const id = results[0]?.order.id;
  expect(await client.call('other', `GET /orders/${id}`)).toMatchObject({ status: 404 });
  expect(await client.call('admin', 'POST /drain')).toMatchObject({ status: 200 });
  const stats = await client.call('admin', 'GET /stats');
  expect(stats.body.produced).toBeGreaterThanOrEqual(3);
  expect(await client.call('shop', `GET /orders/${id}`)).toMatchObject({
    body: { status: 'produced' },
  });
});

test('an order that waits for its time can be canceled', async () => {
  const produceAt = new Date(Date.now() + 3_600_000).toISOString();
  const { id } = await client.submit(orderBody({ produceAt }));
  const cancel = () => client.call('shop', `POST /orders/${id}/cancel`);
  expect(await cancel()).toMatchObject({ status: 200, body: { status: 'canceled' } });
  expect(await cancel()).toMatchObject({ status: 200 });
});

test('an order that the receiver refuses is a dead letter, and is produced once it is put back', async () => {
  const one = await client.submit(orderBody({ customer: REFUSED_CUSTOMER }));
  const other = await client.submit(orderBody({ customer: REFUSED_CUSTOMER }));
  await minute();
  const dead = await client.call('admin', 'GET /dead-letters');
  expect(dead.text).toContain('This customer is blocked.');
  expect(dead.text).toContain(one.id);
  stage.receiver.letThrough();
  const redriven = await client.call('admin', `POST /orders/${one.id}/redrive`);
  expect(redriven).toMatchObject({ status: 202 });
  const many = await client.call('admin', 'POST /dead-letters/redrive', { body: { limit: 10 } });
  expect(many).toMatchObject({ status: 202, body: { redriven: 1 } });
  await minute();
  for (const { id } of [one, other]) {
    expect(await client.call('shop', `GET /orders/${id}`)).toMatchObject({
      body: { status: 'produced' },
    });
  }
});

test('the document of the API is served, and the upkeep of the night does its round', async () => {
  const document = await client.call('shop', 'GET /openapi.json');
  expect(document).toMatchObject({
    status: 200,
    body: { openapi: expect.stringMatching(/^3\.1/) },
  });
  expect(await fire(stage.aws.account, stage.lambda, 'cron(30 3 * * ? *)')).toBe(1);
  await stage.lambda.end();
  const lines = stage.aws.account.logGroups.get(`/aws/lambda/sluice-${STAGE}-maintain`)?.lines;
  expect(lines?.join('\n')).toMatch(/"reconciled".*\n.*"retained"/);
});

test('no route answers without a key, with a wrong one, or without its scope', async () => {
  for (const route of Object.keys(OPERATIONS)) {
    const path = route.replace('{id}', `ord_${'0'.repeat(32)}`);
    const body = route.startsWith('POST') ? { body: {} } : {};
    expect(await client.call(undefined, path, body), route).toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${randomUUID()}` };
    expect(await client.call(undefined, path, { ...body, headers }), route).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  expect(await client.call('shop', 'GET /stats')).toMatchObject({ status: 403 });
  expect(await client.call('shop', 'POST /drain')).toMatchObject({ status: 403 });
});

test('API Gateway itself answers what is no route', async () => {
  for (const route of ['GET /', 'GET /order', 'DELETE /orders', 'GET /orders/', 'HEAD /orders']) {
    const answer = await client.call('shop', route);
    expect([answer.status, answer.headers['x-request-id']], route).toEqual([404, undefined]);
  }
});

test('an instance that is warm takes the next request, and one at a time', async () => {
  await stage.lambda.end();
  const before = startsOf('submit-order');
  await client.submit(orderBody());
  await client.submit(orderBody());
  expect(startsOf('submit-order') - before).toBe(1);
  await Promise.all([client.submit(orderBody()), client.submit(orderBody())]);
  expect(startsOf('submit-order') - before).toBe(2);
});

test('a drain that fails is put where somebody will see it, with no secret in it', async () => {
  const name = `sluice/${STAGE}/downstream`;
  const { secrets, queues } = stage.aws.account;
  const secret = secrets.get(name);
  await stage.lambda.end();
  // The variables that they need are gone.
  secrets.set(name, { description: '', versions: [] });
  keepVariables(secrets, name, {});
  await minute();
  if (secret) secrets.set(name, secret);
  const [queue] = queues.values();
  const records = queue?.messages.splice(0).map((message) => JSON.parse(message));
  // The announcer reads the same secret.
  expect(records).toHaveLength(2);
  expect(records?.filter(({ requestPayload: { slot } }) => slot === 0)).toMatchObject([
    {
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
      requestPayload: { slot: 0 },
    },
  ]);
});

test('a token that was changed reaches functions that are warm, without a deployment', async () => {
  await client.submit(orderBody());
  const before = startsOf('submit-order');
  const changed = await stage.upstash.changeToken();
  keepVariables(stage.aws.account.secrets, `sluice/${STAGE}`, {
    UPSTASH_REDIS_REST_TOKEN: changed,
  });
  expect(await client.submit(orderBody())).toMatchObject({ status: 202 });
  expect(startsOf('submit-order')).toBe(before);
});

test('no secret and nothing of an order can be read in anything but the answers to its client', async () => {
  const { id, customer, planted } = await plantOrder(client);
  await minute();
  await minute();
  expect(stage.receiver.orders.get(id)).toMatchObject({ customer });

  const { keys, entries, tokens, webhook, events } = stage.secrets;
  const digests = entries.map(({ sha256 }) => sha256);
  const secrets = [...tokens, webhook, events, ...digests, ...Object.values(keys)];
  const bytesOf = (secret: string) => secret.replace('whsec_', '');
  const traces = await tracesOf(stage);
  for (const text of [...secrets, bytesOf(webhook), bytesOf(events), ...planted]) {
    expect(placesOf(traces, text), text).toEqual([]);
  }
  for (const secret of secrets) expect(placesOf(client.answers, secret), secret).toEqual([]);
});

test('what is searched for secrets has all that there is', async () => {
  await client.submit(orderBody());
  await minute();
  const traces = await tracesOf(stage);
  const zips = placesOf(traces, 'secretsmanager.GetSecretValue').filter((name) =>
    name.endsWith('.zip'),
  );
  expect(zips).toHaveLength(FUNCTIONS.length);
  const named = placesOf(traces, `sluice/${STAGE}/downstream`);
  expect(named).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/compiled-cloudformation-template\.json$/),
      expect.stringMatching(/serverless-state\.json$/),
      `template of sluice-${STAGE}`,
      expect.stringMatching(/^environment \d+ of sluice-test-drain-queue$/),
    ]),
  );
  expect(placesOf(traces, 'POST /orders')).toContain(`log group /aws/http-api/sluice-${STAGE}`);
  expect(placesOf(traces, '"drained"')).toContain(
    `log group /aws/lambda/sluice-${STAGE}-drain-queue`,
  );
});

anotherStage(() => ({ stage, client }));
