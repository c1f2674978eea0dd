import { createHash, randomUUID } from 'node:crypto';
import { connect, type Store } from '../../lib/store/connection.ts';
import { StoreFault, StoreUnavailable } from '../../lib/store/errors.ts';
import { runScript } from '../../lib/store/run-script.ts';
import type { Script } from '../../lib/store/scripts.ts';
import { submit } from '../../lib/store/submit.ts';
import { type Check, mustBe, NotSo } from './check.ts';
import { scratchOrder } from './conformance-order.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

/** More values than any script of Sluice passes to one command: 500 orders, with two each. */
const UNPACKED = 4_000;

/** How scripts run, and how their errors are worded: Sluice tells them apart by their texts. */
export const SCRIPT_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'evalsha',
    looksAt: 'NOSCRIPT for an unknown script, EVAL after it, and EVALSHA from then on',
    otherwise: 'No order could be accepted after Redis was restarted.',
    run: evalshaFallsBack,
  },
  {
    name: 'undeclared key',
    looksAt: 'a script with allow-key-locking may touch no key outside of KEYS',
    otherwise: 'Nothing fails by it. Scripts of Sluice declare all of their keys.',
    isBearable: true,
    run: undeclaredKeyIsRefused,
  },
  {
    name: 'wrong type',
    looksAt: 'WRONGTYPE inside the submit script, which leaves no order behind',
    otherwise: 'A submit that fails halfway would leave an order that nothing produces.',
    run: failedSubmitIsUndone,
  },
  {
    name: 'script error',
    looksAt: 'an error in the middle of a script ends it, and undoes nothing',
    otherwise: 'Sluice’s scripts write in an order in which that loses nothing.',
    run: errorUndoesNothing,
  },
  {
    name: 'unpack',
    looksAt: `a script passes ${UNPACKED} values to one command`,
    otherwise: 'Large batches would fail. Set SLUICE_BATCH_SIZE=50 to avoid that.',
    run: unpackOfThousands,
  },
  {
    name: 'token',
    looksAt: 'WRONGPASS for a token that is not the database’s',
    otherwise: 'A changed token would be answered with 503 until functions start again.',
    run: wrongTokenIsRefused,
  },
  {
    name: 'large reply',
    looksAt: 'a reply of more than 10 MB is refused, or comes whole',
    otherwise: 'Sluice reads again in halves only what it knows to be too large.',
    run: largeReplyIsTold,
  },
];

/** A script that no server has seen, so that it must be sent whole once. */
function unseen(body: string): Script {
  const text = `#!lua flags=allow-key-locking\n-- ${randomUUID()}\n${body}`;
  return { text, bills: 1, sha1: createHash('sha1').update(text).digest('hex') };
}

/** What Redis says, without the command that the SDK adds to it. */
function saidBy(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split(', command was:')[0] ?? '').replace(/^Redis answered: /, '');
}

/** The error that something ends with, and Redis's words for it. */
async function failureOf(work: Promise<unknown>): Promise<{ error: unknown; said: string }> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error === undefined) throw new NotSo('it was answered without an error');
  return { error, said: saidBy(error) };
}

async function evalshaFallsBack({ client }: RedisSide): Promise<string> {
  const script = unseen('return { ARGV[1] }');
  const { sha1 } = script;
  const { said } = await failureOf(client.redis.evalsha(sha1, [], ['a']));
  if (!/^(?:ERR )?NOSCRIPT/.test(said)) throw new NotSo(`an unknown script is answered "${said}"`);
  const call = { script, keys: [], args: ['b'] };
  mustBe('EVAL after it', await runScript(client, call), ['b']);
  mustBe('EVALSHA from then on', await client.redis.evalsha(sha1, [], ['c']), ['c']);
  return `"${said}", then EVAL, then EVALSHA`;
}

async function undeclaredKeyIsRefused({ client, scratch }: RedisSide): Promise<string> {
  const script = unseen("return { redis.call('EXISTS', ARGV[1]) }");
  const call = { script, keys: [], args: [scratch.key('undeclared')] };
  const { error, said } = await failureOf(runScript(client, call));
  if (error instanceof StoreFault) return `"${said}"`;
  throw new NotSo(`it is refused with other words: "${said}"`);
}

async function failedSubmitIsUndone({ client, scratch }: RedisSide): Promise<string> {
  const { keys } = scratch;
  const store: Store = { client, keys };
  const order = scratchOrder('wrong-type');
  await client.redis.set(keys.queue(order.client), 'text', { px: SCRATCH_TTL_MS });
  const limits = { pendingMax: 1, queueMax: 1 };
  const request = { client: order.client, orders: [order], nowMs: Date.now(), ...limits };
  const { error, said } = await failureOf(submit(store, request));
  if (!(error instanceof StoreFault)) throw new NotSo(`it fails with other words: "${said}"`);
  mustBe('what is left of the order', await client.redis.get(keys.order(order.id)), null);
  return `"${said}", and no order was left`;
}

const WRITE_AND_FAIL = `
redis.call('SET', KEYS[1], 'written', 'PX', ARGV[1])
redis.call('HGET', KEYS[1], 'field')
redis.call('SET', KEYS[1], 'went on', 'PX', ARGV[1])
return { 1 }`;

async function errorUndoesNothing({ client, scratch }: RedisSide): Promise<string> {
  const key = scratch.key('mid-script');
  const call = { script: unseen(WRITE_AND_FAIL), keys: [key], args: [String(SCRATCH_TTL_MS)] };
  const { said } = await failureOf(runScript(client, call));
  mustBe('what it had written', await client.redis.get(key), 'written');
  return `"${said}", and what it had written stayed`;
}

const UNPACK = `
local scored = {}
for i = 1, tonumber(ARGV[1]) / 2 do
  scored[2 * i - 1], scored[2 * i] = i, 'member-' .. i
end
local added = redis.call('ZADD', KEYS[1], unpack(scored))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { added, redis.call('ZCARD', KEYS[1]) }`;

async function unpackOfThousands({ client, scratch }: RedisSide): Promise<string> {
  const args = [UNPACKED, SCRATCH_TTL_MS].map(String);
  const call = { script: unseen(UNPACK), keys: [scratch.key('unpacked')], args };
  mustBe('members added and there', await runScript(client, call), [UNPACKED / 2, UNPACKED / 2]);
  return `${UNPACKED} values in one command`;
}

async function wrongTokenIsRefused({ url }: RedisSide): Promise<string> {
  const token = `no-such-token-${randomUUID()}`;
  const other = connect({ url, token, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const { error, said } = await failureOf(other.once((redis) => redis.ping()));
  if (error instanceof StoreUnavailable && error.kind === 'unauthorized') return `"${said}"`;
  throw new NotSo(`it is refused with other words: "${said}"`);
}

const LARGE_BYTES = 1024 * 1024;
const TIMES = 11;

async function largeReplyIsTold({ client, scratch }: RedisSide): Promise<string> {
  const key = scratch.key('large-reply');
  await client.redis.set(key, 'x'.repeat(LARGE_BYTES), { px: SCRATCH_TTL_MS });
  const keys = Array.from({ length: TIMES }, () => key);
  const answer = await client
    .once((redis) => redis.mget<string[]>(...keys))
    .catch((error) => error);
  if (!(answer instanceof Error)) {
    mustBe('the length of the reply', answer.join('').length, TIMES * LARGE_BYTES);
    return `${TIMES} MiB came whole`;
  }
  if (answer instanceof StoreUnavailable && answer.kind === 'too-large')
    return `"${saidBy(answer)}"`;
  throw new NotSo(`it is refused with other words: "${saidBy(answer)}"`);
}
