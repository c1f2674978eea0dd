import { createHash } from 'node:crypto';
import { connect } from '../../lib/store/connection.ts';
import { type Check, mustBe, NotSo } from './check.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

const TTL = { px: SCRATCH_TTL_MS };
const LIST_ITEMS = 5_000;
const LARGE_BYTES = 1024 * 1024;
const SCANNED_KEYS = 50;
const SCANNED_MEMBERS = 2_000;
/** A scan costs a command for each 500 keys of the database, whoever they belong to. */
const SCAN_DATABASE_KEYS_MAX = 50_000;
const READ_BACKS = 10;

export const DATA_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'text',
    looksAt: 'UTF-8, control characters and quotes come back as they went in',
    otherwise: 'Orders would be changed on their way.',
    run: textComesBack,
  },
  {
    name: 'large values',
    looksAt: 'a value of 1 MiB, there and back',
    otherwise: 'Large batches would fail; a smaller SLUICE_BATCH_SIZE is a way round it.',
    run: largeValuesFit,
  },
  {
    name: 'long lists',
    looksAt: `a reply of ${LIST_ITEMS} items`,
    otherwise: 'Claims and maintenance would lose sight of orders.',
    run: listsAreWhole,
  },
  {
    name: 'scan',
    looksAt: 'SCAN gives each key that is there all along',
    otherwise: 'Maintenance would not find orders that nothing lists.',
    run: scanSeesAll,
  },
  {
    name: 'read back',
    looksAt: 'what was written is read at once, also by another client',
    otherwise:
      'A submit that was just answered may read as not found for a moment; scripts are not ' +
      'concerned. Take a database without read regions where that matters.',
    isBearable: true,
    run: writesAreRead,
  },
];

/** What an order may hold, and what JSON, HTTP or a script might trip over. */
const TEXTS = [
  'Grüße, 注文, заказ, 🛒',
  'quote " backslash \\ slash / percent % brace }',
  'line\nfeed\r\ttab \u0000 \u001f \u007f \u0085 \u2028 \u2029 \ufeff',
  ' spaces around ',
  'OK',
  '1.0',
  '9007199254740993',
  '',
];

async function textComesBack({ client, scratch }: RedisSide): Promise<string> {
  const { redis } = client;
  const keys = TEXTS.map((_, at) => scratch.key(`text-${at}`));
  const script = scratch.key('script');
  await redis.mset(Object.fromEntries(TEXTS.map((text, at) => [keys[at], text])));
  mustBe('what MGET gave', await redis.mget(...keys), TEXTS);
  const echo = "redis.call('SET', KEYS[1], ARGV[3], 'PX', 120000) return ARGV";
  mustBe('what a script is given', await redis.eval(echo, [script], TEXTS), TEXTS);
  mustBe('what a script writes', await redis.get(script), TEXTS[2]);
  return 'unchanged, through commands and scripts';
}

async function largeValuesFit({ client, scratch }: RedisSide): Promise<string> {
  const key = scratch.key('large');
  const value = 'Größe:'.repeat(Math.ceil(LARGE_BYTES / Buffer.byteLength('Größe:')));
  mustBe('the answer to a large SET', await client.redis.set(key, value, TTL), 'OK');
  const back = String(await client.redis.get(key));
  mustBe('what came back', digestOf(back), digestOf(value));
  return '1 MiB, there and back';
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const FILL = `
for i = 1, tonumber(ARGV[1]), 1000 do
  local items = {}
  for n = i, i + 999 do items[#items + 1] = 'item-' .. n end
  redis.call('RPUSH', KEYS[1], unpack(items))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('LRANGE', KEYS[1], 0, -1)`;

async function listsAreWhole({ client, scratch }: RedisSide): Promise<string> {
  const key = scratch.key('list');
  const expected = Array.from({ length: LIST_ITEMS }, (_, at) => `item-${at + 1}`);
  const args = [LIST_ITEMS, SCRATCH_TTL_MS].map(String);
  const fromScript = await client.redis.eval(FILL, [key], args);
  const fromCommand = await client.redis.lrange(key, 0, -1);
  for (const [what, list] of Object.entries({ EVAL: fromScript, LRANGE: fromCommand })) {
    const items = Array.isArray(list) ? list : [];
    mustBe(`the length of the reply of ${what}`, items.length, LIST_ITEMS);
    mustBe(`the reply of ${what}`, digestOf(items.join()), digestOf(expected.join()));
  }
  return `${LIST_ITEMS} items, from a script and from a command`;
}

const MAKE = `
local scored = {}
for i = 1, tonumber(ARGV[1]) do scored[2 * i - 1], scored[2 * i] = i, 'member-' .. i end
redis.call('ZADD', KEYS[1], unpack(scored))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
for i = 2, #KEYS do redis.call('SET', KEYS[i], i, 'PX', ARGV[2]) end
return #KEYS`;

async function scanSeesAll({ client, scratch }: RedisSide): Promise<string> {
  const { redis } = client;
  const set = scratch.key('scanned');
  const keys = Array.from({ length: SCANNED_KEYS }, (_, at) => scratch.key(`scan-${at}`));
  await redis.eval(MAKE, [set, ...keys], [SCANNED_MEMBERS, SCRATCH_TTL_MS].map(String));
  const members = await allOf((cursor) => redis.zscan(set, cursor, { count: 500 }));
  // Each member is followed by its score.
  mustBe('the members that ZSCAN gave', members.filter(isMember).length, SCANNED_MEMBERS);
  const there = await redis.dbsize();
  if (there > SCAN_DATABASE_KEYS_MAX) {
    return `${SCANNED_MEMBERS} members; SCAN not tried, over the ${there} keys of this database`;
  }
  const match = `${scratch.prefix}scan-*`;
  const seen = await allOf((cursor) => redis.scan(cursor, { match, count: 500 }));
  mustBe('the keys that SCAN gave', seen.length, SCANNED_KEYS);
  return `all of ${SCANNED_MEMBERS} members and ${SCANNED_KEYS} keys`;
}

function isMember(text: string): boolean {
  return text.startsWith('member-');
}

/** What the pages of a scan hold, each once. */
async function allOf(page: (cursor: string) => Promise<[unknown, unknown[]]>): Promise<string[]> {
  const seen = new Set<string>();
  let cursor = '0';
  do {
    const [next, found] = await page(cursor);
    for (const text of found) seen.add(String(text));
    cursor = String(next);
  } while (cursor !== '0');
  return [...seen];
}

async function writesAreRead({ client, url, token, scratch }: RedisSide): Promise<string> {
  // A client of its own: it has not seen the token by which Upstash lets a writer read its writes.
  const other = connect({ url, token, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const key = scratch.key('read-back');
  let isStale = 0;
  for (let round = 1; round <= READ_BACKS; round += 1) {
    await client.redis.set(key, String(round), TTL);
    if ((await other.redis.get(key)) !== String(round)) isStale += 1;
  }
  if (isStale > 0) throw new NotSo(`${isStale} of ${READ_BACKS} reads were of an older value`);
  return `${READ_BACKS} writes, each read at once by another client`;
}
