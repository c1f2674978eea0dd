import { countOf } from '../report.ts';
import { ok, unknown, type Verdict, warning, wrong } from './check.ts';
import { typesOf } from './keys-of-sluice.ts';
import type { RedisSide } from './redis-side.ts';

/** How many orders are looked at, and how far a scan for other prefixes goes. */
const SAMPLED_ORDERS = 20;
const SCAN_PAGES_MAX = 10;

/** Only an empty prefix makes one look for others: a scan costs a command for each 500 keys. */
export async function prefixIsRight({ client, keys, config }: RedisSide): Promise<Verdict> {
  const { prefix } = config;
  const under = prefix === '' ? 'no prefix' : `the prefix ${prefix}`;
  const indexed = await client.once((redis) => redis.zcard(keys.index));
  if (indexed > 0) return ok(`${countOf(indexed, 'order')} under ${under}`);
  const others = new Set<string>();
  let cursor = '0';
  for (let page = 0; page < SCAN_PAGES_MAX; page += 1) {
    const options = { match: '*order_index', count: 500 };
    const [next, found] = await client.once((redis) => redis.scan(cursor, options));
    for (const key of found) others.add(String(key).slice(0, -'order_index'.length));
    cursor = String(next);
    if (cursor === '0') break;
  }
  if (others.size > 0) {
    const names = [...others].slice(0, 3).map((name) => (name === '' ? 'no prefix' : name));
    return warning(
      `no orders under ${under}, but there are some under ${names.join(', ')}`,
      'Set SLUICE_PREFIX to the deployment’s: its default there is the stage with a colon.',
    );
  }
  if (cursor === '0') return ok(`no orders yet, under ${under}`);
  return unknown(
    `no orders under ${under}, and many other keys`,
    'Where orders were submitted, SLUICE_PREFIX is not what the deployment has.',
  );
}

/**
 * No key of Sluice has a TTL but locks and rate counters. Types are asked of every key that is
 * there once, and of some orders.
 */
export async function keysAreRight({ client, keys, ask, askAll }: RedisSide): Promise<Verdict> {
  const sample = await ask(['ZRANDMEMBER', keys.index, SAMPLED_ORDERS]);
  const { result } = (sample.kind === 'answered' ? sample.body : {}) as { result?: unknown };
  const ids = Array.isArray(result) ? result.map(String) : [];
  const expected = [...typesOf(keys, ids)];
  const asked = expected.flatMap(([key]) => [
    ['TYPE', key],
    ['PTTL', key],
  ]);
  const answer = await askAll(asked);
  if (answer.kind === 'lost' || !Array.isArray(answer.body)) {
    // The store's own words for it.
    await client.once((redis) => redis.exists(keys.index));
    return unknown('the keys could not be read', 'Run doctor again.');
  }
  const replies = answer.body as { result?: unknown }[];
  const mistyped: string[] = [];
  const expiring: string[] = [];
  const lost: string[] = [];
  for (const [at, [key, type]] of expected.entries()) {
    const seen = replies[2 * at]?.result;
    if (seen === 'none' && ids.some((id) => key === keys.order(id))) lost.push(key);
    else if (seen !== 'none' && seen !== type) mistyped.push(`${key} is a ${seen}, not a ${type}`);
    if (Number(replies[2 * at + 1]?.result) >= 0) expiring.push(key);
  }
  return verdictOn({ mistyped, expiring, lost, looked: expected.length });
}

interface Faults {
  readonly mistyped: readonly string[];
  readonly expiring: readonly string[];
  readonly lost: readonly string[];
  readonly looked: number;
}

function verdictOn({ mistyped, expiring, lost, looked }: Faults): Verdict {
  if (mistyped.length > 0) {
    return wrong(
      mistyped.slice(0, 3).join('; '),
      'Something else writes Sluice’s keys. Stop it, or give Sluice a SLUICE_PREFIX of its own; then ' +
        'RENAME the key, and npm run sluice -- reconcile --repair.',
    );
  }
  if (expiring.length > 0) {
    return wrong(
      `${expiring.slice(0, 3).join(', ')} will expire, and what it holds with it`,
      'Something else has set a TTL: PERSIST the key now, and find out what did.',
    );
  }
  if (lost.length > 0) {
    return wrong(
      `${lost.slice(0, 3).join(', ')} is gone, and the index has it`,
      'npm run sluice -- reconcile tells all of it, and what can be repaired.',
    );
  }
  return ok(`${looked} looked at: right types, and none expires`);
}
