import { afterAll, expect, test } from 'vitest';
import { entryOf } from '../../../lib/http/api-keys.ts';
import { billedCommands } from '../../../lib/store/billed-commands.ts';
import { secretsManager } from '../../support/secrets-manager.ts';
import { start } from '../command.ts';
import { environmentOf, ownRedis, proxied, scratchLeft } from './examining.ts';

// A server of its own: which keys are left in it is asked.
const server = await ownRedis();
afterAll(server.stop);

test('a Redis that is well ends with 0, on lines that fit a terminal', async () => {
  const env = environmentOf(server);
  const { exitCode, out, err } = await start(['doctor'], env).ended;
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(/^ {2}ok {7}reachable +yes/m);
  expect(out).toMatch(/^The API: skipped\n {2}Set SLUICE_URL and SLUICE_KEY/m);
  const billed = await billedBy(() => start(['doctor'], env).ended);
  const told = Number(/about (\d+) billed commands/.exec(out)?.[1]);
  expect(told).toBeGreaterThan(0.95 * billed);
  expect(told).toBeLessThan(1.05 * billed);
  // An address or a key stays whole, on a line of its own.
  const isTooLong = (line: string) => line.length > 80 && line.trim().includes(' ');
  expect(out.split('\n').filter(isTooLong)).toEqual([]);
  expect(await scratchLeft(server)).toBe(0);
});

/** Commands that Redis executed meanwhile. */
async function billedBy(work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    const reply = await server.command('INFO', 'commandstats');
    return billedCommands(reply?.kind === 'bulk' ? reply.bytes.toString() : '');
  };
  const before = await count();
  await work();
  return (await count()) - before;
}

test('something wrong ends with 1, and the JSON has how to fix it', async () => {
  const env = { ...environmentOf(server), UPSTASH_REDIS_REST_TOKEN: 'another' };
  const { exitCode, out } = await start(['doctor', '--json'], env).ended;
  expect(exitCode).toBe(1);
  const { wrong, parts } = JSON.parse(out);
  expect(wrong).toBe(1);
  const [, redis] = parts;
  expect(redis.findings[0]).toMatchObject({
    name: 'reachable',
    kind: 'wrong',
    looksAt: expect.any(String),
    fix: expect.stringMatching(/REST_TOKEN/),
  });
});

test('a warning alone ends with 0', async () => {
  const SLUICE_API_KEYS = JSON.stringify([entryOf('k', 'shop', ['orders:read'])]);
  const env = { ...environmentOf(server), SLUICE_API_KEYS };
  const { exitCode, out } = await start(['doctor'], env).ended;
  expect({ exitCode, warned: /^ {2}warning {2}API keys/m.test(out) }).toEqual({
    exitCode: 0,
    warned: true,
  });
});

test('--conformance needs no Sluice, and looks at nothing else', async () => {
  const { exitCode, out } = await start(['doctor', '--conformance'], environmentOf(server)).ended;
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^Redis does what Sluice needs$/m);
  expect(out).not.toMatch(/The API|The environment/);
});

test('--stage looks at what a deployment has: its database and keys', async () => {
  const store = await secretsManager({
    'sluice/prod': {
      UPSTASH_REDIS_REST_URL: server.url,
      UPSTASH_REDIS_REST_TOKEN: server.token,
      SLUICE_API_KEYS: JSON.stringify([entryOf('k', 'shop', ['orders:read'])]),
    },
  });
  const { exitCode, out } = await start(['doctor', '--stage', 'prod'], store.env).ended;
  expect(exitCode).toBe(0);
  expect(out).toContain(`Redis at ${server.url}`);
  expect(out).toMatch(/warning {2}API keys +1 of 1 clients;/);
  expect(out).not.toContain(server.token);
});

test('nothing to look at is a wrong usage that says what to set', async () => {
  const { exitCode, out, err } = await start(['doctor'], {}).ended;
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(err).toMatch(/Set UPSTASH_REDIS_REST_URL/);
  const api = { SLUICE_URL: 'http://localhost', SLUICE_KEY: 'k' };
  expect((await start(['doctor', '--conformance'], api).ended).exitCode).toBe(2);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s deletes the scratch keys and ends it',
  async (signal) => {
    const reached = Promise.withResolvers<void>();
    // The large value is there, and the answer to reading it never comes.
    const proxy = await proxied(server, ({ body }) => {
      if (!/^\["get".*:large"/.test(body)) return 'pass';
      reached.resolve();
      return 'hang';
    });
    const { child, ended } = start(['doctor'], environmentOf(proxy));
    await reached.promise;
    expect(await scratchLeft(server)).toBeGreaterThan(1);
    child.kill(signal);
    expect((await ended).exitCode).toBe(130);
    expect(await scratchLeft(server)).toBe(0);
  },
);
