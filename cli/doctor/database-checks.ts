import { type Check, ok, unknown, type Verdict, warning, wrong } from './check.ts';
import { bytes, duration, infoFields, quantile } from './figures.ts';
import type { RedisSide } from './redis-side.ts';

const PINGS = 20;
/** What one sending of a request that somebody waits for may take; the same is in lib/runtime.ts. */
const SENDING_MS_MAX = 1_200;
const CLOCK_SAMPLES = 5;
/** Order ages and retries are only as exact as clocks: more than this makes reports misleading. */
const CLOCK_DIFFERENCE_MS_MAX = 5_000;
const MEMORY_WARNING = 0.8;
const MEMORY_WRONG = 0.95;

const NO_EVICTION = 'Turn eviction off: Upstash console, the database, Configuration, Eviction.';

/** How the database is set up, and how far away it is. */
export const DATABASE_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'eviction',
    looksAt: 'whether keys can vanish when the database is full',
    run: evictionIsOff,
  },
  { name: 'memory', looksAt: 'how full the database is', run: memoryIsThere },
  {
    name: 'clock',
    looksAt: 'how far the clocks of this machine and of Redis are apart',
    run: clocksAgree,
  },
  {
    name: 'latency',
    looksAt: `how long ${PINGS} pings take, against the ${SENDING_MS_MAX} ms that a request may`,
    run: latencyIsBearable,
  },
];

async function info({ client }: RedisSide, section: string): Promise<Map<string, string>> {
  const text: unknown = await client.redis.exec(['INFO', section]);
  return infoFields(String(text));
}

/** INFO tells it on a plain Redis; Upstash's has no such field, and no CONFIG. */
async function evictionIsOff(side: RedisSide): Promise<Verdict> {
  const policy = (await info(side, 'memory')).get('maxmemory_policy');
  if (policy === 'noeviction') return ok('off (noeviction)');
  if (policy !== undefined) {
    return wrong(`on (${policy}): when the database is full, orders vanish`, NO_EVICTION);
  }
  return unknown(
    'this database does not tell',
    'Look at the Upstash console: the database, Configuration, Eviction must be disabled, as it is ' +
      'unless somebody enabled it.',
  );
}

async function memoryIsThere(side: RedisSide): Promise<Verdict> {
  const fields = await info(side, 'memory');
  const used = Number(fields.get('used_memory') ?? Number.NaN);
  const most = Number(fields.get('maxmemory') ?? Number.NaN);
  if (Number.isNaN(used)) {
    return unknown(
      'this database does not tell',
      'The Upstash console shows the data size on the database’s page, beside its limit.',
    );
  }
  if (!(most > 0)) return ok(`${bytes(used)} used; Redis tells no limit`);
  const found = `${bytes(used)} of ${bytes(most)} used`;
  const mend =
    'Give the database more room, or keep orders for less time (SLUICE_RETENTION_DAYS). When it is ' +
    'full, submits are answered with 503.';
  if (used / most > MEMORY_WRONG) return wrong(found, mend);
  return used / most > MEMORY_WARNING ? warning(found, mend) : ok(found);
}

/** The sample with the shortest way is the best one: half of its way is how far it may be off. */
async function clocksAgree({ ask, clock }: RedisSide): Promise<Verdict> {
  let best = { differenceMs: 0, uncertainMs: Number.POSITIVE_INFINITY };
  for (let sample = 0; sample < CLOCK_SAMPLES; sample += 1) {
    const answer = await ask(['TIME']);
    if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
    const { result } = (answer.body ?? {}) as { result?: [string, string] };
    const redisMs = Number(result?.[0]) * 1_000 + Number(result?.[1]) / 1_000;
    const uncertainMs = answer.ms / 2;
    if (Number.isFinite(redisMs) && uncertainMs < best.uncertainMs) {
      best = { differenceMs: redisMs - (answer.sentAtMs + uncertainMs), uncertainMs };
    }
  }
  if (!Number.isFinite(best.uncertainMs)) {
    return unknown('TIME is not answered', 'See the check named time.');
  }
  const ms = Math.abs(best.differenceMs);
  const found =
    ms <= best.uncertainMs
      ? `the same, within ${duration(best.uncertainMs)}`
      : `Redis is ${duration(ms)} ${best.differenceMs > 0 ? 'ahead' : 'behind'} (give or take ` +
        `${duration(best.uncertainMs)})`;
  if (ms - best.uncertainMs <= CLOCK_DIFFERENCE_MS_MAX) return ok(found);
  return warning(
    `${found} of ${new Date(clock.now()).toISOString()} here`,
    'Set this machine’s clock by NTP. No order is lost by it: the ages below are wrong by as much, ' +
      'and a drain that runs here claims retries early or late.',
  );
}

async function latencyIsBearable({ ask }: RedisSide): Promise<Verdict> {
  const figures: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const answer = await ask(['PING']);
    if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
    figures.push(answer.ms);
  }
  const [median, late] = [quantile(figures, 0.5), quantile(figures, 0.95)];
  const found = `median ${duration(median)}, 95 % within ${duration(late)}, from here`;
  if (late >= SENDING_MS_MAX) {
    return wrong(
      found,
      'Requests would be answered with 503. Where the functions run nearer to it than this machine, ' +
        'run doctor from there; else put the database into the region of the functions.',
    );
  }
  if (late < SENDING_MS_MAX / 4) return ok(found);
  return warning(
    found,
    'Each submit waits for one such request. Put the database into the region of the functions; from ' +
      'a machine elsewhere this says little.',
  );
}
