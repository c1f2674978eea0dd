import { beforeAll, describe, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy, refusedFaults } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

async function expectTaken(body: object) {
  const answer = await api.submit(body);
  expect(answer.body).not.toHaveProperty('errors');
  expect(answer.status).toBe(202);
  const { body: stored } = await api.read(String(answer.body.id));
  const { produceAt: _, ...readable } = body as Record<string, unknown>;
  expect(stored).toMatchObject(readable);
}

async function expectFaults(body: object, pointers: string[]) {
  const before = await api.keys();
  const answer = await api.submit(body);
  expect(answer.status).toBe(400);
  expect(answer.body.type).toBe('/problems/invalid-order');
  const errors = answer.body.errors as { pointer: string; detail: string }[];
  expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
  for (const { detail } of errors) expect(detail).toMatch(/^(Is|Must|The) .*\.$/);
  expect(await api.keys()).toEqual(before);
}

const line = (overrides: object = {}) => ({ sku: 'a', quantity: 1, unitAmount: 1, ...overrides });
const withLine = (overrides: object) => orderBody({ lines: [line(overrides)] });
const lines = (count: number) => orderBody({ lines: Array.from({ length: count }, () => line()) });

const STRINGS = {
  customer: { max: 64, pointer: '/customer', body: (customer: unknown) => orderBody({ customer }) },
  reference: {
    max: 64,
    pointer: '/reference',
    body: (reference: unknown) => orderBody({ reference }),
  },
  sku: { max: 64, pointer: '/lines/0/sku', body: (sku: unknown) => withLine({ sku }) },
  description: {
    max: 256,
    pointer: '/lines/0/description',
    body: (description: unknown) => withLine({ description }),
  },
};
const C0_C1 = [0x00, 0x01, 0x08, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f];

describe.each(Object.entries(STRINGS))('%s', (name, { max, pointer, body }) => {
  test.each(['x', 'é', '界', '🦊'])(`may have up to ${max} times %s`, async (character) => {
    await expectTaken(body(character));
    await expectTaken(body(character.repeat(max)));
    await expectFaults(body(character.repeat(max + 1)), [pointer]);
  });

  test('counts code points, also of what looks like one character', async () => {
    const family = '👨‍👩‍👧';
    expect([...family]).toHaveLength(5);
    const rest = 'x'.repeat(max - 5);
    await expectTaken(body(family + rest));
    await expectFaults(body(`${family + rest}x`), [pointer]);
  });

  test.each(['', null, 5, true, [], {}, ['x']])('may not be %j', async (value) => {
    await expectFaults(body(value), [pointer]);
  });

  test.each(C0_C1)('may not hold the control character %i', async (code) => {
    const character = String.fromCharCode(code);
    await expectFaults(body(character), [pointer]);
    await expectFaults(body(`a${character}b`), [pointer]);
    await expectFaults(body(`ab${character}`), [pointer]);
  });

  test.each(['\t', '\n'])(`${name === 'description' ? 'may' : 'may not'} hold %j`, async (c) => {
    if (name === 'description') await expectTaken(body(`a${c}b`));
    else await expectFaults(body(`a${c}b`), [pointer]);
  });

  test.each(['\ud800', '\udfff', 'a\ud83d', '\udd8aa', '\udd8a\ud83d'])(
    'may not hold a surrogate that stands alone (%#)',
    async (value) => {
      await expectFaults(body(value), [pointer]);
    },
  );

  test.each([' ', '\u00a0', '\u2028', '\u200b', '\ufeff', '\uffff', '\u{10ffff}', '"\\/\''])(
    'may be any other Unicode, and is read as it was sent (%#)',
    async (value) => {
      await expectTaken(body(value));
    },
  );
});

describe('currency', () => {
  test.each(['GBP', 'EUR', 'JPY', 'XAF'])('%s is one', async (currency) => {
    await expectTaken(orderBody({ currency }));
  });
  test.each(['gbp', 'GB', 'GBPX', 'ABC', '', ' GBP', 'GBP\n', '826', null, 826, ['GBP']])(
    '%j is none',
    async (currency) => {
      await expectFaults(orderBody({ currency }), ['/currency']);
    },
  );
});

describe('lines', () => {
  test('there may be 1 to 1,000', async () => {
    await expectTaken(lines(1));
    await expectTaken(lines(1_000));
    await expectFaults(lines(0), ['/lines']);
    await expectFaults(lines(1_001), ['/lines']);
  });
  test.each([null, '', 'x', 5, {}, { length: 0 }, { length: 5_000 }, { 0: line(), length: 1 }])(
    'may not be %j',
    async (value) => {
      await expectFaults(orderBody({ lines: value }), ['/lines']);
    },
  );
  test.each([null, 'x', 5, [], [line()]])('may not hold %j', async (value) => {
    await expectFaults(orderBody({ lines: [line(), value] }), ['/lines/1']);
  });
  test('a quantity is 1 to 1,000,000', async () => {
    await expectTaken(withLine({ quantity: 1_000_000 }));
    await expectFaults(withLine({ quantity: 0 }), ['/lines/0/quantity']);
    await expectFaults(withLine({ quantity: 1_000_001 }), ['/lines/0/quantity']);
  });
  test('an amount is 0 to 10^12', async () => {
    await expectTaken(withLine({ unitAmount: 0 }));
    await expectTaken(withLine({ unitAmount: 10 ** 12 }));
    await expectFaults(withLine({ unitAmount: -1 }), ['/lines/0/unitAmount']);
    await expectFaults(withLine({ unitAmount: 10 ** 12 + 1 }), ['/lines/0/unitAmount']);
  });
});

describe('the total', () => {
  // 2^53 - 1 = 9007 × 10^12 + 199254740991
  const upTo = (rest: number) =>
    orderBody({
      lines: [line({ quantity: 9_007, unitAmount: 10 ** 12 }), line({ unitAmount: rest })],
    });
  const REST = 199_254_740_991;

  test.each([0, -1])('may be 2^53 - 1 (%i)', async (difference) => {
    const answer = await api.submit(upTo(REST + difference));
    expect(answer.body.totalAmount).toBe(Number.MAX_SAFE_INTEGER + difference);
    const { body } = await api.read(String(answer.body.id));
    expect(body.totalAmount).toBe(Number.MAX_SAFE_INTEGER + difference);
  });
  test.each([1, 2, 3])('may not be 2^53 - 1 + %i: the fault is that of /lines', async (more) => {
    await expectFaults(upTo(REST + more), ['/lines']);
  });
  test('may not be more where one line is so already, nor where all are at their most', async () => {
    const most = line({ quantity: 10 ** 6, unitAmount: 10 ** 12 });
    await expectFaults(orderBody({ lines: [most] }), ['/lines']);
    await expectFaults(orderBody({ lines: Array(1_000).fill(most) }), ['/lines']);
  });
});

test('a line too many does not hide the faults of the lines', async () => {
  const lines = Array.from({ length: 1_001 }, () => ({ sku: 'a', quantity: 1, unitAmount: 1 }));
  const body = orderBody({ lines: [...lines.slice(1), { sku: '', quantity: 1, unitAmount: 1 }] });
  const pointers = (await refusedFaults(api, body)).map(({ pointer }) => pointer);
  expect(pointers).toEqual(['/lines', '/lines/1000/sku']);
});
