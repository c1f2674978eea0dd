import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Call, type Deployment, deploy, type ROUTES } from './deployment.ts';

type Route = keyof typeof ROUTES;

/** What no answer and no line of the log may hold: an order of another client, and secrets. */
const CANARY = 'canary-of-another-client';

/**
 * A deployment for the tests of one file, which send it what is wrong. After the last of them the
 * keys in Redis are those of the orders that chance made right, and nothing secret was told.
 *
 * @param refusalsMin  how many requests must have been refused by then
 */
export function fuzzing(refusalsMin: number) {
  let api: Deployment;
  let output = '';
  let refusals = 0;
  let submits = 0;
  const accepted = new Set<string>();
  const secrets = () => [CANARY, inject('upstash').token, 'test-key-of-', api.prefix];

  beforeAll(async () => {
    const keep = (text: unknown) => {
      output += String(text);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(keep);
    vi.spyOn(process.stderr, 'write').mockImplementation(keep);
    api = await deploy();
    const order = orderBody({ customer: CANARY, reference: CANARY, metadata: { a: CANARY } });
    const { body } = await api.submit(order, { as: 'other', key: CANARY });
    accepted.add(String(body.id));
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    const orders = [...accepted].map((id) => `order:${id}`);
    const keys = (await api.keys()).filter((key) => key !== 'order_pending');
    expect(keys).toEqual([...orders, 'order_index', 'order_queue'].sort());
    expect((await api.counts()).kept).toBe(accepted.size);
    expect(refusals).toBeGreaterThan(refusalsMin);
    for (const secret of secrets()) expect(output).not.toContain(secret);
  });

  /** Whatever comes, it is no fault of ours, and nobody learns what is not theirs. */
  async function send(route: Route, call: Call): Promise<Answer> {
    const answer = await api.call(route, call);
    expect(answer.status).toBeLessThan(500);
    if (answer.status >= 400) refusals += 1;
    for (const secret of secrets()) expect(answer.text).not.toContain(secret);
    const receipts = route === 'submit' ? [answer.body] : resultsOf(answer);
    for (const { id } of receipts) if (typeof id === 'string') accepted.add(id);
    return answer;
  }

  /** A submit under a key of its own, unless a header says otherwise. */
  function submit(body: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    submits += 1;
    return send('submit', { body, headers: { 'idempotency-key': `k${submits}`, ...headers } });
  }

  return { send, submit, read: (id: string) => api.read(id) };
}

function resultsOf({ body }: Answer): { id?: unknown }[] {
  const results = (body.results ?? []) as { order?: { id: string } }[];
  return results.map(({ order }) => order ?? {});
}

/** Any JSON value. */
export const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const NASTY = [
  ...[
    '',
    ' ',
    '*',
    '{}',
    ':',
    '..',
    '../order_index',
    'order_queue',
    '\0',
    '\r\n',
    '%00',
    '\u2028',
  ],
  ...['__proto__', 'constructor', 'ord_*', `ord_${'0'.repeat(31)}`, `ord_${'w'.repeat(32)}`],
  ...['[a-z]*', '\u001b[31m', 'null', '-1', '1e400', 'x'.repeat(32_768), '"', '"\\"', '\ud800'],
];
/** Any text, and what has broken systems like this one. */
export const nastyText = fc.oneof(anyText, fc.constantFrom(...NASTY));
const member = fc.constantFrom(
  ...['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata', 'id', 'status'],
  ...['attempts', 'client', 'totalAmount', '__proto__'],
);
export const numbers = fc.constantFrom(
  0,
  -0,
  -1,
  0.5,
  2 ** 53,
  1e21,
  1e308,
  10 ** 12 + 1,
  1_000_001,
);
const wrongLine = fc
  .record(
    {
      sku: fc.oneof(nastyText, json),
      quantity: fc.oneof(numbers, json),
      unitAmount: fc.oneof(numbers, json),
      description: fc.oneof(nastyText, json),
      more: json,
    },
    { requiredKeys: [] },
  )
  .map((members) => ({ sku: 'a', quantity: 1, unitAmount: 1, ...members }));
/** An order with something else for one of its members. */
export const wrongOrder = fc
  .tuple(member, fc.oneof(json, nastyText, numbers, fc.array(wrongLine, { maxLength: 4 })))
  .map(([name, value]) => ({ ...orderBody(), [name]: value }));
