import { afterAll, expect, test } from 'vitest';
import type { Fate } from '../../support/faulty-proxy.ts';
import { startStack } from '../../support/stack.ts';
import { environmentOf, examined, proxied, says, scratchLeft } from './examining.ts';

// A server of its own: which keys are left in it is asked.
const server = await startStack();
afterAll(server.stop);

test('all that is presumed is found on a real Redis, and nothing is left of it', async () => {
  const { parts, amiss } = await examined({
    env: environmentOf(server),
    isConformanceOnly: true,
  });
  expect(amiss).toEqual({});
  const [redis, conformance] = parts;
  expect(parts).toHaveLength(2);
  expect(redis?.findings.map(({ kind }) => kind)).toEqual(Array(7).fill('ok'));
  expect(conformance?.findings.map(({ kind }) => kind)).toEqual(Array(13).fill('ok'));
  expect(await scratchLeft(server)).toBe(0);
});

const MULTI = [1, '1', 2].map((result) => ({ result }));
/** What a Redis does otherwise: the check that must find it, the requests, and what is answered. */
const OTHERWISE: [check: string, what: RegExp, fate: Fate, found: RegExp][] = [
  ['evalsha', /^\["evalsha"/, says({ error: 'ERR no such command' }, 400), /not "NOSCRIPT"/],
  ['evalsha', /^\["evalsha".*"c"\]/, says({ error: 'NOSCRIPT' }, 400), /from then on/],
  ['script error', /^\["get".*mid-script/, says({ result: null }), /null and not "written"/],
  ['script error', /^\["eval".*went on/, says({ result: [1] }), /"an answer"/],
  ['caught error', /pcall\('HGET'/, says({ error: 'WRONGTYPE' }, 400), /WRONGTYPE/],
  ['unpack', /'ZCARD', KEYS/, says({ error: 'ERR too many results to unpack' }, 400), /too many/],
  ['replies', /2 \^ 53/, says({ result: [1, 1, null, [2, 'x', []]] }), /the reply is/],
  ['values', /'none', 'field'/, says({ result: [1, 'false'] }), /script was given/],
  ['time', /call\('TIME'\)/, says({ error: 'ERR not allowed from script' }, 400), /not allowed/],
  ['transactions', /^\[\["incr"/, says([...MULTI.slice(0, 2), { result: 3 }]), /\["1",3\]/],
  ['transactions', /"hget"/, says([{ result: 'OK' }, { error: 'ERR' }]), /an error inside/],
  ['text', /"hmget"/, says([8, 1, ['Gr\ufffd']].map((result) => ({ result }))), /a hash is/],
  ['text', /return ARGV/, says({ result: ['OK'] }), /what a script is given/],
  ['large values', /^\["get".*large/, says({ result: 'Größe:' }), /what came back/],
  ['large values', /^\["set".*large/, says({ error: 'ERR max request size' }, 400), /max request/],
  ['long lists', /^\["lrange"/, says({ result: ['item-1'] }), /LRANGE is 1 and not 5000/],
  ['scan', /^\["scan"/, says({ result: ['0', []] }), /SCAN gave is 0/],
  ['scan', /^\["zscan"/, says({ result: ['0', ['member-1', '1']] }), /ZSCAN gave is 1/],
  ['read back', /^\["get".*read-back/, says({ result: '0' }), /10 of 10 reads/],
];

test.each(OTHERWISE)('%s finds a Redis that does otherwise, case %#', async (...one) => {
  const [check, what, fate, found] = one;
  const proxy = await proxied(server, ({ body }) => (what.test(body) ? fate : 'pass'));
  const { finding, amiss } = await examined({
    env: environmentOf(proxy),
    isConformanceOnly: true,
  });
  const kind = check === 'read back' ? 'warning' : 'wrong';
  expect(amiss).toEqual({ [`conformance/${check}`]: kind });
  expect(finding(`conformance/${check}`)).toMatchObject({
    found: expect.stringMatching(found),
    mend: expect.stringMatching(/\.$/),
  });
  expect(await scratchLeft(server)).toBe(0);
});
