import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Call, type Deployment, deploy, type ROUTES } from './deployment.ts';

type Route = keyof typeof ROUTES;

/** How many requests are made up: a few by default, as many as one likes in a long run. */
const REQUESTS = Number(process.env.SLUICE_FUZZ_REQUESTS || 2_000);
/** The options of a property that makes up one in so many of them. */
export const oneIn = (part: number) => ({ numRuns: Math.ceil(REQUESTS / part) });
export const TIMEOUT_MS = 60_000 + 20 * REQUESTS;

/** What no answer and no line of the log may hold: an order of another client, and secrets. */
const CANARY = 'canary-of-another-client';

/**
 * A deployment for the tests of one file. After the last of them, Redis has the keys of the orders that
 * chance made valid and no others, and nothing secret was told.
 */
export function fuzzing() {
  let api: Deployment;
  let output = '';
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
    const { keys } = api.store;
    const places = [
      keys.clients,
      // What orders take is counted from 256 KiB on.
      keys.bytes,
      ...['shop', 'other'].flatMap((c) => [keys.queue(c), keys.pending(c)]),
    ];
    const expected = new Set([...places, ...[...accepted].map(keys.order)]);
    const names = (await api.keys()).map((name) => api.prefix + name);
    expect(names.filter((name) => !expected.has(name))).toEqual([]);
    expect((await api.counts()).kept).toBe(accepted.size);
    for (const secret of secrets()) expect(output).not.toContain(secret);
  });

  /** Whatever comes, it is not our fault, and nobody learns what is not theirs. */
  async function send(route: Route, call: Call): Promise<Answer> {
    const answer = await api.call(route, call);
    expect(answer.status).toBeLessThan(500);
    for (const secret of secrets()) expect(answer.text).not.toContain(secret);
    const results = (answer.body.results ?? []) as { order?: { id: string } }[];
    const receipts = route === 'submit' ? [answer.body] : results.map(({ order }) => order ?? {});
    for (const { id } of receipts as { id?: unknown }[]) {
      if (typeof id === 'string') accepted.add(id);
    }
    return answer;
  }

  /** A submit under a key of its own, unless a header says otherwise. */
  function submit(body: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    submits += 1;
    return send('submit', { body, headers: { 'idempotency-key': `k${submits}`, ...headers } });
  }

  return { send, submit, read: (id: string) => api.read(id) };
}

/** Any JSON value. */
export const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
const NASTY = [
  ...['', ' ', '*', '{}', ':', '..', '../order_clients', 'order_clients', '\0', '\r\n', '%00'],
  ...['__proto__', 'constructor', 'ord_*', `ord_${'0'.repeat(31)}`, `ord_${'w'.repeat(32)}`],
  ...['[a-z]*', '\u001b[31m', '\u2028', 'null', '-1', '1e400', 'x'.repeat(32_768), '"', '\ud800'],
];
/** Any text, and texts that have broken systems like this one. */
export const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(...NASTY),
);
const NUMBERS = [0, -0, -1, 0.5, 2 ** 53, 1e21, 1e308, 10 ** 12 + 1, 1_000_001];
export const numbers = fc.constantFrom(...NUMBERS);
const member = fc.constantFrom(
  ...['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata', 'id', 'status'],
  ...['attempts', 'client', 'totalAmount', '__proto__'],
);
const text = fc.oneof(nastyText, json);
const number = fc.oneof(numbers, json);
const wrongLine = fc
  .record(
    { sku: text, quantity: number, unitAmount: number, description: text, more: json },
    { requiredKeys: [] },
  )
  .map((members) => ({ sku: 'a', quantity: 1, unitAmount: 1, ...members }));
/** An order with something else in one of its members. */
export const wrongOrder = fc
  .tuple(member, fc.oneof(json, nastyText, numbers, fc.array(wrongLine, { maxLength: 4 })))
  .map(([name, value]) => ({ ...orderBody(), [name]: value }));
