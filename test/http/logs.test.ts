import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { jsonLog } from '../../lib/log.ts';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let output: string[];
beforeEach(() => {
  output = [];
  const keep = (text: unknown) => output.push(String(text)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts) => void keep(parts.join(' ')));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const CANARY = 'canary\r\n\u001b[31m\u0007\u2028\u2029\u009b\u0085\u007f';
const KEY = 'canary-key';
/** A valid order whose every text is a canary. */
const ORDER = {
  customer: 'canary-customer\u2028',
  currency: 'GBP',
  lines: [{ sku: 'canary-sku', quantity: 1, unitAmount: 987_654, description: 'canary\n\u2028' }],
  reference: 'canary-reference',
  metadata: { 'canary-name': 'canary-value' },
};
const SECRETS = /canary|987654|test-key-of|987,654/i;

function linesOf(): Record<string, unknown>[] {
  const lines = output.join('').split('\n');
  expect(lines.pop()).toBe('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the test looks for
  for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  // What is audited is tested in audit.test.ts; here only that it holds nothing secret.
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event !== 'audit');
}

const FAULTS: Record<string, Fate> = {
  'answers HTML': (response) => void response.writeHead(500).end(`<html>${CANARY}</html>`),
  'is full': (response) =>
    void response.writeHead(400).end(JSON.stringify({ error: 'OOM\r\n\u001b[31m\u2028\u009b' })),
};

async function everything(api: Deployment): Promise<Answer[]> {
  const headers = { 'x-request-id': CANARY, 'user-agent': CANARY, cookie: CANARY };
  const first = await api.submit(ORDER, { key: KEY, headers });
  const id = String(first.body.id ?? `ord_${'0'.repeat(32)}`);
  const query = { cursor: CANARY, limit: CANARY, status: CANARY };
  const orders = [{ ...ORDER, idempotencyKey: CANARY }, CANARY];
  return [
    first,
    await api.submit(ORDER, { key: KEY, headers }),
    await api.submit({ ...ORDER, reference: 'canary' }, { key: KEY, headers }),
    await api.submit({ ...ORDER, [CANARY]: CANARY, customer: CANARY }, { key: KEY, headers }),
    await api.submit(`{"customer":"${CANARY}`, { key: KEY, headers }),
    await api.submit(ORDER, { key: CANARY, headers }),
    await api.submit(ORDER, { headers: { ...headers, authorization: `Bearer ${CANARY}` } }),
    await api.call('batch', { headers, body: { orders } }),
    await api.read(CANARY, { headers }),
    await api.read(id, { headers }),
    await api.call('list', { headers, query: { customer: CANARY, [CANARY]: CANARY } }),
    await api.call('list', { headers, query: { idempotencyKey: KEY } }),
    await api.call('list', { headers, query }),
    await api.call('deadLetters', { headers, query }),
    await api.call('cancel', { headers, id: CANARY }),
    await api.call('redrive', { headers, id: CANARY }),
    await api.call('redriveMany', { headers, body: { [CANARY]: CANARY } }),
    await api.call('me', { headers }),
    await api.call('stats', { headers }),
    await api.call('drain', { headers, body: ORDER }),
  ];
}

test('nothing that a client sends is logged, and no answer holds a key or its digest', async () => {
  const api = await deploy();
  const answers = JSON.stringify(await everything(api));
  await api.schedule({ slot: 0 }, lambdaContext());
  expect(linesOf().map(({ level, event }) => `${level} ${event}`)).toEqual([
    ...['info submitted', 'info submitted', 'info batch-settled', 'info drained'],
  ]);
  expect(output.join('')).not.toMatch(SECRETS);
  expect(answers).not.toContain('test-key-of');
  expect(answers).not.toContain(createHash('sha256').update('test-key-of-shop').digest('hex'));
});

test('a submit and a batch are one line each, with the request and the accepted ids', async () => {
  const api = await deploy();
  const headers = { 'x-request-id': 'request-1' };
  const { body } = await api.submit(orderBody(), { key: 'a', headers });
  const orders = ['a', 'b', 'c'].map((idempotencyKey) => orderBody({ idempotencyKey }));
  const batch = await api.call('batch', { body: { orders } });
  const results = batch.body.results as { order: { id: string } }[];
  const [first, second, third] = results.map(({ order }) => order.id);
  const requestId = batch.headers['x-request-id'];
  const who = { event: 'submitted', client: 'shop' };
  const lines = linesOf();
  expect(lines).toMatchObject([
    { ...who, requestId: 'request-1', accepted: [body.id] },
    { ...who, requestId, accepted: [second, third], replayed: [first] },
  ]);
  expect(JSON.stringify(lines[0]).length).toBeLessThanOrEqual(200);
});

test('a settled batch is one short line, and so is its drain', async () => {
  const api = await deploy();
  await api.submit(orderBody());
  await api.submit(orderBody());
  linesOf();
  const context = lambdaContext();
  await api.schedule({ slot: 0 }, context);
  const [settled, drained] = linesOf().slice(2);
  const who = { requestId: context.awsRequestId, slot: 0 };
  expect(drained).toMatchObject({ event: 'drained', ...who });
  expect(settled).toMatchObject({ event: 'batch-settled', ...who, produced: 2 });
  expect(settled).not.toHaveProperty('retried');
  expect(JSON.stringify(settled).length).toBeLessThanOrEqual(280);
});

test.each(Object.entries(FAULTS))(
  'if Redis %s, each failure is one line that names the request and holds no secret',
  async (_, fault) => {
    const target = { ...inject('upstash'), token: 'canary-token' };
    await using proxy = await faultyProxy(target, () => fault);
    const answers = await everything(await deploy(proxy));
    const failed = answers.filter(({ status }) => status === 503);
    expect(failed.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 500)).toEqual([]);
    expect(linesOf().map(({ requestId }) => requestId)).toEqual(
      failed.map(({ headers }) => headers['x-request-id']),
    );
    expect(output.join('')).not.toMatch(SECRETS);
    expect(output.join('')).not.toMatch(/evalsha|mget|command was/i);
  },
);

test('a broken record is reported to the log, without order data', async () => {
  const api = await deploy();
  const { body } = await api.submit(ORDER, { key: KEY });
  const id = String(body.id);
  const { keys } = api.store;
  await api.redis.set(keys.state(id), '{"status":"canary"}');
  expect((await api.read(id)).status).toBe(500);
  await api.redis.set(keys.order(id), '{"canary":');
  expect((await api.read(id)).status).toBe(500);
  await api.redis.del(keys.order(id));
  await api.redis.lpush(keys.order(id), 'canary');
  const { status, text } = await api.submit(ORDER, { key: KEY });
  expect(status).toBe(500);
  expect(text).not.toMatch(/WRONGTYPE|canary|\.ts|at /);
  expect(linesOf().filter(({ level }) => level === 'error')).toHaveLength(3);
  expect(output.join('')).toMatch('WRONGTYPE');
  expect(output.join('')).not.toMatch(SECRETS);
});

test('the log writes one event as one line, whatever its fields hold', () => {
  const all = Array.from({ length: 0x2030 }, (_, code) => String.fromCharCode(code)).join('');
  const log = jsonLog(
    () => 0,
    (line) => output.push(line),
  );
  log('warn', all, { [all]: all, nested: [all], stack: new Error(all).stack });
  expect(linesOf()).toMatchObject([
    { time: '1970-01-01T00:00:00.000Z', level: 'warn', event: all, [all]: all, nested: [all] },
  ]);
});
