import { expect, test } from 'vitest';
import { eraseReport } from '../../cli/erase-command.ts';
import type { OrderDocument } from '../../lib/contract/schemas.ts';
import { start, startedServer } from './command.ts';

const ORDER: OrderDocument = {
  id: `ord_${'1'.repeat(32)}`,
  status: 'queued',
  customer: 'Ann',
  currency: 'GBP',
  totalAmount: 300,
  lines: [{ sku: 'x', quantity: 1, unitAmount: 300 }],
  idempotencyKey: '7',
  acceptedAt: '2026-11-22T13:37:00.000Z',
  updatedAt: '2026-11-22T13:37:00.000Z',
  attempts: 0,
};

test('an order is shown, and erased only with --yes where nobody can be asked', async () => {
  let isErased = false;
  const { env, received } = await startedServer(({ method }) => {
    if (isErased) return { status: 410, body: { type: '/problems/order-erased' } };
    isErased = method === 'DELETE';
    return isErased ? { status: 204 } : { status: 200, body: ORDER };
  });
  const unattended = await start(['erase', ORDER.id], env).ended;
  expect(unattended).toMatchObject({ exitCode: 1, out: expect.stringMatching(/^customer +Ann$/m) });
  expect(unattended.err).toMatch(/^Nothing was erased: add --yes to erase ord_1+\.$/m);
  expect(received.map(({ method }) => method)).toEqual(['GET']);

  const erased = await start(['erase', ORDER.id, '--yes', '--json'], env).ended;
  expect(JSON.parse(erased.out)).toEqual({ id: ORDER.id, isErased: true });
  const again = await start(['erase', ORDER.id, '--yes'], env).ended;
  expect(again).toMatchObject({ exitCode: 0, out: `${ORDER.id} was erased before.\n` });
});

test.each<[OrderDocument['status'], RegExp]>([
  ['queued', /It will not be produced, and counts as canceled/],
  ['dead', /It will not be produced, and counts as canceled/],
  ['canceled', /It stays canceled/],
  ['produced', /erases it downstream too, if the producer can/],
  ['producing', /will refuse until that has ended/],
])('of an order that is %s it says what becomes of it', (status, text) => {
  expect(eraseReport({ ...ORDER, status })).toMatch(text);
});
