import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { orderBody } from '../support/orders.ts';
import { sourceFiles } from '../support/source-files.ts';
import { type Call, type Deployment, deploy, type ROUTES } from './deployment.ts';

let output = '';
beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The audit lines of one call. */
async function auditsOf(api: Deployment, route: keyof typeof ROUTES, call: Call) {
  output = '';
  const answer = await api.call(route, { ...call, headers: { 'x-request-id': 'mine' } });
  const lines = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return { status: answer.status, audits: lines.filter(({ event }) => event === 'audit') };
}

test.each<[keyof typeof ROUTES, string, object]>([
  ['drain', 'drain', { claimed: 1 }],
  ['redriveMany', 'redrive', { redriven: 0 }],
  ['redrive', 'redrive', {}],
  ['cancel', 'cancel', {}],
  ['replace', 'replace', {}],
  ['erase', 'erase', {}],
  ['read', 'read', {}],
  ['list', 'list', {}],
  ['deadLetters', 'list', {}],
])(
  'an operator who calls %s leaves one line, with both ids and no body',
  async (route, action, more) => {
    const api = await deploy();
    const order = orderBody({ customer: 'canary', reference: 'canary' });
    const { body } = await api.submit(order);
    const isOfOne = ['redrive', 'cancel', 'replace', 'erase', 'read'].includes(route);
    const { status, audits } = await auditsOf(api, route, {
      as: 'admin',
      ...(isOfOne && { id: String(body.id) }),
      ...(route === 'list' && { query: { customer: 'canary' } }),
      ...(route === 'replace' && { body: order }),
    });
    expect(audits).toEqual([
      {
        ...{ time: expect.any(String), level: 'info', event: 'audit' },
        ...{ requestId: 'mine', functionRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        ...{ action, route: expect.any(String), status, client: 'ops', scopes: ['orders:admin'] },
        ...(isOfOne && { order: body.id }),
        ...more,
      },
    ]);
    expect(JSON.stringify(audits)).not.toContain('canary');
  },
);

test('each 401 and 403 is a line, and what a client reads of its own orders is none', async () => {
  const api = await deploy();
  const refused = { event: 'audit', requestId: 'mine', functionRequestId: expect.any(String) };
  const nobody = await auditsOf(api, 'list', { as: undefined });
  expect(nobody.audits).toMatchObject([{ ...refused, route: 'GET /orders', status: 401 }]);
  expect(nobody.audits[0]).not.toHaveProperty('client');
  const writer = await auditsOf(api, 'me', { as: undefined });
  expect(writer.audits).toMatchObject([{ ...refused, status: 401 }]);
  const id = 'ord_canary';
  const shop = await auditsOf(api, 'erase', { as: 'shop', id });
  expect(shop.audits).toMatchObject([{ ...refused, status: 403, client: 'shop', action: 'erase' }]);
  expect(JSON.stringify(shop.audits)).not.toContain('canary');
  expect((await auditsOf(api, 'list', { as: 'shop' })).audits).toEqual([]);
  const { body } = await api.submit(orderBody());
  expect((await auditsOf(api, 'read', { as: 'shop', id: String(body.id) })).audits).toEqual([]);
});

test('every function that changes an order, or the queue, names what is audited', () => {
  const silent = sourceFiles(['functions'], '.ts')
    .filter(({ text }) => /route\(\s*\{(?![^}]*audit:)[^}]*\}/.test(text))
    .map(({ path }) => path.replace(/^functions\/|\.ts$/g, ''));
  // A submit has a line of its own. What is left shows counts, or who calls, and no order.
  const counting = silent.filter((name) => !/^submit-(order|batch)$/.test(name));
  const changing = Object.entries(OPERATIONS).filter(
    ([route, operation]) => counting.includes(operation.function) && !route.startsWith('GET '),
  );
  expect(changing).toEqual([]);
});
