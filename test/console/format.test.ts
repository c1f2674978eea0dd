import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  after,
  inWords,
  NOTHING_SENT,
  pauseMs,
  redriveCost,
} from '../../console/page/dead/redrive.ts';
import { dollars, duration, percent, rate } from '../../console/page/format.ts';
import { laidOut } from '../../console/page/json-text.ts';
import { triesOf } from '../../console/page/orders/tries.ts';
import { routeOf } from '../../console/page/route.ts';
import { sumsInWords, sumsOf } from '../../console/page/sums.ts';

test.each([
  [-5, '0 s'],
  [800, '0.8 s'],
  [58_400, '58 s'],
  [99_999, '99 s'],
  [100_000, '1 min'],
  [10_560_000, '2 h 56 min'],
  [7_200_000, '2 h'],
  [273_600_000, '3 d 4 h'],
])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

test('rates, shares and dollars have no more digits than tell something', () => {
  expect([rate(54_600), rate(250), rate(12)]).toEqual(['910/s', '4.2/s', '12 a minute']);
  expect([percent(0.048), percent(0.95), percent(0.0001), percent(0)]).toEqual([
    '4.8 %',
    '95 %',
    'under 0.1 %',
    '0 %',
  ]);
  expect([dollars(0.0024), dollars(12.4), dollars(1_234.5), dollars(0.0001), dollars(0)]).toEqual([
    ...['$0.002', '$12.40', '$1,235', 'under $0.001', '$0'],
  ]);
});

test('JSON that is laid out is the same JSON, to each digit', () => {
  const text =
    '{"a":[],"n":12345678901234567890,"b":{"c":"\\"{[,]}: \\\\","d":[1.50,true,null,{}]}}';
  expect(laidOut(text)).toContain('"n": 12345678901234567890');
  expect(laidOut(text)).toContain('1.50');
  expect(laidOut(text).replace(/\n */g, '').replaceAll('": ', '":')).toBe(text);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(laidOut(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('sums are by currency, and exact beyond 2^53', () => {
  const orders = [
    ...[
      { currency: 'GBP', totalAmount: Number.MAX_SAFE_INTEGER },
      { currency: 'GBP', totalAmount: 2 },
    ],
    ...[
      { currency: 'JPY', totalAmount: 1_500 },
      { currency: 'KWD', totalAmount: 1_234 },
    ],
  ];
  expect(sumsInWords(sumsOf(orders))).toBe('GBP 90,071,992,547,409.93, JPY 1,500 and KWD 1.234');
  expect(sumsInWords({ EUR: '9007199254740993' })).toBe('EUR 90,071,992,547,409.93');
});

test('a text is tried as all that it can be', () => {
  const as = (text: string) => triesOf(text).map((one) => one.as);
  expect(as('536365')).toEqual(['idempotency key', 'order number', 'reference', 'customer']);
  expect(as('Müller')).toEqual(['reference', 'customer']);
  expect(as('<img src=x>')).toEqual(['idempotency key', 'reference', 'customer']);
});

test('an address leads to its screen, whatever stands in it', () => {
  expect(routeOf('#/orders?status=dead&customer=a%26b')).toEqual({
    screen: 'orders',
    query: { status: 'dead', customer: 'a&b' },
  });
  expect(routeOf('#/orders/ord_1')).toMatchObject({ screen: 'order', id: 'ord_1' });
  for (const hash of ['', '#', '#/nothing', '#x']) expect(routeOf(hash).screen).toBe('now');
  expect(routeOf('#/orders/%').screen).toBe('order');
});

test('a redrive adds up: put back, no longer dead, refused, and what nobody knows', () => {
  const result = (id: string, status: 202 | 409 | 410) => ({ id, status }) as never;
  const body = { redriven: 1, results: [result('a', 202), result('b', 409), result('c', 410)] };
  const first = after(NOTHING_SENT, 3, { kind: 'answered', atMs: 0, body });
  expect(inWords(first, 5)).toBe('1 of 5 put back · 1 no longer dead · 1 refused');
  const failure = { kind: 'unavailable', detail: '', isOutcomeUnknown: true } as const;
  const lost = after(first, 2, { kind: 'failed', failure });
  expect(lost).toMatchObject({ sent: 5, putBack: 1, unknown: 2, failure });
  const refused = after(first, 2, {
    kind: 'failed',
    failure: { ...failure, isOutcomeUnknown: false },
  });
  expect(refused).toMatchObject({ sent: 3, unknown: 0 });
  expect(pauseMs(100, 10)).toBe(10_000);
});

test('a redrive says what it costs, by the hundred', () => {
  const price = { dollarsPerMillion: 2, source: 's', asOf: 'd' };
  const spent = { sinceMs: 0, requests: 0, commands: 0, dollars: 0, price };
  expect(redriveCost(388, { redriveCommands: 45, spent })).toBe(
    'Costs about 180 commands, under $0.001, with producing them.',
  );
});
