/**
 * One use of each command that Sluice sends, inside its scripts or beside them, and the reply that
 * its stores rely on. They follow each other on keys of one scratch prefix; `test/cli/doctor` asks
 * Redis which commands all stores together sent, and fails where one of them is not here.
 */
export interface Sample {
  readonly command: readonly (string | number)[];
  readonly reply: unknown;
}

/** @param key  makes the name of a scratch key */
export function samplesOn(key: (name: string) => string, ttlMs: number): Sample[] {
  const [text, counter, hash, list, set] = ['text', 'counter', 'hash', 'list', 'set'].map(key);
  const samples: [(string | number | undefined)[], unknown][] = [
    [['SET', text, 'a', 'NX', 'PX', ttlMs], 'OK'],
    [['SET', text, 'b', 'NX', 'PX', ttlMs], null],
    [['GET', text], 'a'],
    [['EXISTS', text], 1],
    [['TYPE', text], 'string'],
    [['PEXPIRE', text, ttlMs], 1],
    [['INCR', counter], 1],
    [['INCRBY', counter, 100], 101],
    [['PEXPIRE', counter, ttlMs], 1],
    [['HSET', hash, 'a', '1', 'b', '2'], 2],
    [['HSET', hash, 'b', '3', 'c', '4'], 1],
    [['PEXPIRE', hash, ttlMs], 1],
    [['HGET', hash, 'b'], '3'],
    [
      ['HMGET', hash, 'a', 'none', 'c'],
      ['1', null, '4'],
    ],
    [['HLEN', hash], 3],
    [
      ['HSCAN', hash, '0', 'COUNT', 100],
      ['0', ['a', '1', 'b', '3', 'c', '4']],
    ],
    [['HDEL', hash, 'a', 'none'], 1],
    [['LPUSH', list, 'a', 'b', 'c', 'd'], 4],
    [['PEXPIRE', list, ttlMs], 1],
    [['LLEN', list], 4],
    [['LINDEX', list, -1], 'a'],
    [
      ['LRANGE', list, -2, -1],
      ['b', 'a'],
    ],
    [['LPOS', list, 'c'], 1],
    [['LPOP', list, 1], ['d']],
    [['RPOP', list, 1], ['a']],
    [['LTRIM', list, 0, 0], 'OK'],
    [['ZADD', set, 1, 'a', 2, 'b', 2, 'c'], 3],
    [['ZADD', set, 'NX', 9, 'a', 9, 'd'], 1],
    [['PEXPIRE', set, ttlMs], 1],
    [['ZCARD', set], 4],
    [['ZCOUNT', set, '-inf', 2], 3],
    [['ZSCORE', set, 'd'], '9'],
    [
      ['ZMSCORE', set, 'a', 'none'],
      ['1', null],
    ],
    [['ZRANGE', set, 0, 0, 'REV'], ['d']],
    [
      ['ZRANGE', set, '-inf', '(9', 'BYSCORE', 'LIMIT', 1, 5],
      ['b', 'c'],
    ],
    [
      ['ZRANGEBYSCORE', set, '-inf', 2, 'LIMIT', 0, 2],
      ['a', 'b'],
    ],
    [
      ['ZREVRANGE', set, 0, 1],
      ['d', 'c'],
    ],
    [
      ['ZREVRANGE', set, 0, 0, 'WITHSCORES'],
      ['d', '9'],
    ],
    [['ZREVRANK', set, 'c'], 1],
    [
      ['ZRANDMEMBER', set, 9],
      ['a', 'b', 'c', 'd'],
    ],
    [
      ['ZSCAN', set, '0', 'COUNT', 100],
      ['0', ['a', '1', 'b', '2', 'c', '2', 'd', '9']],
    ],
    [['ZREM', set, 'a', 'none'], 1],
    [['UNLINK', hash], 1],
    [['DEL', list, counter], 2],
    [['PTTL', hash], -2],
  ];
  return samples.map(([command, reply]) => ({ command: command.map((part) => part ?? ''), reply }));
}

/** Those that a list above cannot show: each has a check of its own. */
export const SHOWN_ELSEWHERE = ['EVAL', 'EVALSHA', 'SCAN', 'TIME', 'PING', 'INFO', 'DBSIZE'];

/** Scores come as texts or as numbers: whoever reads one takes both. */
const SCORED = ['ZSCORE', 'ZMSCORE', 'ZSCAN', 'ZREVRANGE'];

/** Whether a reply is what is relied on; how a set, a hash or a scan is ordered is not. */
export function isReply(reply: unknown, expected: unknown, command: string): boolean {
  const [said, wanted] = [reply, expected].map((value) => {
    const texts = SCORED.includes(command) ? asTexts(value) : value;
    if (command === 'ZRANDMEMBER' && Array.isArray(texts)) return texts.toSorted();
    return /^[HZ]SCAN$/.test(command) ? pageOf(texts) : texts;
  });
  return JSON.stringify(said) === JSON.stringify(wanted);
}

function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  return typeof value === 'number' ? String(value) : value;
}

/** A page of a scan: the cursor as text, and the pairs in one order. */
function pageOf(value: unknown): unknown {
  const [cursor, items] = Array.isArray(value) ? value : [];
  if (!Array.isArray(items)) return value;
  const pairs = items.flatMap((item, at) => (at % 2 === 0 ? [`${item} ${items[at + 1]}`] : []));
  return [String(cursor), pairs.sort()];
}
