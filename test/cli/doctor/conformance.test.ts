import { afterAll, expect, test } from 'vitest';
import * as scripts from '../../../lib/store/scripts.ts';
import type { Fate } from '../../support/faulty-proxy.ts';
import { environmentOf, examined, ownRedis, proxied, says, scratchLeft } from './examining.ts';

// A server of its own: which keys are left in it is asked.
const server = await ownRedis();
afterAll(server.stop);

test('all that is needed is found on a real Redis, and nothing is left of it', async () => {
  const { parts, notOk } = await examined({
    env: environmentOf(server),
    isConformanceOnly: true,
  });
  expect(notOk).toEqual({});
  const kinds = parts.map(({ findings }) => findings.map(({ kind }) => kind));
  expect(kinds).toEqual([Array(6).fill('ok'), Array(14).fill('ok')]);
  expect(await scratchLeft(server)).toBe(0);
});

test('every script that Sluice ships is run, and errors are told in the words of Redis', async () => {
  const sent: string[] = [];
  const proxy = await proxied(server, ({ body }) => {
    sent.push(body);
    return 'pass';
  });
  const { text } = await examined({ env: environmentOf(proxy), isConformanceOnly: true });
  const bodies = sent.join('');
  const unused = Object.entries(scripts).filter(([, { sha1 }]) => !bodies.includes(sha1));
  expect(unused.map(([name]) => name)).toEqual([]);
  for (const words of [
    /"NOSCRIPT No/,
    /"ERR Dynamic keys/,
    /"WRONGTYPE Op/,
    /"WRONGPASS/,
    /"ERR max/,
  ]) {
    expect(text).toMatch(words);
  }
});

/** What a Redis does otherwise: the check that must find it, the requests, and what is answered. */
const OTHERWISE: [check: string, what: RegExp, fate: Fate, found: RegExp][] = [
  ['orders', new RegExp(scripts.CANCEL.sha1), says({ error: 'ERR no' }, 400), /ERR no/],
  ['upkeep', new RegExp(scripts.SERVE.sha1), says({ result: ['unserved'] }), /what they found/],
  [
    'evalsha',
    /^\["evalsha".*,0,"a"/,
    says({ error: 'ERR no such command' }, 400),
    /no such command/,
  ],
  ['evalsha', /^\["evalsha".*,0,"c"\]/, says({ error: 'NOSCRIPT' }, 400), /NOSCRIPT/],
  ['undeclared key', /^\["evalsha".*:undeclared"/, says({ result: [0] }), /without an error/],
  ['wrong type', /^\["get".*order:ord/, says({ result: 'left' }), /what is left of the order/],
  ['script error', /^\["get".*mid-script/, says({ result: null }), /null and not "written"/],
  ['script error', /^\["evalsha".*mid-script/, says({ result: [1] }), /without an error/],
  [
    'unpack',
    /^\["evalsha".*unpacked"/,
    says({ error: 'ERR too many results to unpack' }, 400),
    /too many/,
  ],
  [
    'large reply',
    /^\["mget".*large-reply/,
    says({ error: 'ERR no' }, 400),
    /other words: "ERR no"/,
  ],
  ['text', /^\["mget".*text-0/, says({ result: ['Gr\ufffd'] }), /what MGET gave is/],
  ['text', /return ARGV/, says({ result: ['OK'] }), /what a script is given/],
  ['large values', /^\["get".*large"/, says({ result: 'Größe:' }), /what came back/],
  ['large values', /^\["set".*large"/, says({ error: 'ERR max request size' }, 400), /max request/],
  ['long lists', /^\["lrange".*:list"/, says({ result: ['item-1'] }), /LRANGE is 1 and not 5000/],
  ['scan', /^\["scan"/, says({ result: ['0', []] }), /SCAN gave is 0/],
  ['scan', /^\["zscan"/, says({ result: ['0', ['member-1', '1']] }), /ZSCAN gave is 1/],
  ['read back', /^\["get".*read-back/, says({ result: '0' }), /10 of 10 reads/],
];

test.each(OTHERWISE)('%s finds a Redis that does otherwise, case %#', async (...one) => {
  const [check, what, fate, found] = one;
  const proxy = await proxied(server, ({ body }) => (what.test(body) ? fate : 'pass'));
  const { finding, notOk, text } = await examined({
    env: environmentOf(proxy),
    isConformanceOnly: true,
  });
  const kind = /^(?:read back|undeclared key)$/.test(check) ? 'warning' : 'wrong';
  expect(notOk, text).toEqual({ [`conformance/${check}`]: kind });
  expect(finding(`conformance/${check}`)).toMatchObject({
    found: expect.stringMatching(found),
    fix: expect.stringMatching(/\.$/),
  });
  expect(await scratchLeft(server)).toBe(0);
});
