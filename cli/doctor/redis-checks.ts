import { type Check, ok, unknown, type Verdict, warning, wrong } from './check.ts';
import { bytes, duration, infoFields, quantile } from './figures.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

const PINGS = 20;
/** What one sending of a request that somebody waits for may take; lib/runtime.ts has the same. */
const SENDING_MS_MAX = 1_200;
const CLOCK_DIFFERENCE_MS_MAX = 5_000;
const MEMORY_WARNING = 0.8;
const MEMORY_WRONG = 0.95;

/** Whether Redis can be used at all; what comes after needs it. */
export const REACH_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'reachable',
    looksAt: 'whether PING is answered under the URL and the token',
    isEssential: true,
    async run({ client }) {
      const answer = await client.once((redis) => redis.ping()).catch(adviceOn);
      if (typeof answer !== 'string') return answer;
      return answer === 'PONG' ? ok('yes') : wrong(`PING is answered ${answer}`, COPY_URL);
    },
  },
  {
    name: 'writable',
    looksAt: 'whether the token may write: Upstash has read-only ones too',
    isEssential: true,
    async run({ client, scratch }) {
      const key = scratch.key('writable');
      const answer = await client
        .once((redis) => redis.set(key, '1', { px: SCRATCH_TTL_MS }))
        .catch(adviceOn);
      return typeof answer === 'object' && answer !== null ? answer : ok('yes');
    },
  },
];

const COPY_TOKEN =
  'Copy UPSTASH_REDIS_REST_TOKEN again from the database’s page in the console, under REST API. The ' +
  'local stack has a new one at each start.';
const COPY_URL =
  'Copy UPSTASH_REDIS_REST_URL again from the console: the https one, without a path.';

/** What went wrong, by what Redis or the network says, and what to do. */
const ADVICE: readonly [says: RegExp, found: string, fix: string][] = [
  [/WRONGPASS|NOAUTH|Unauthorized/i, 'the token is refused', COPY_TOKEN],
  [/NOPERM/, 'the token is read-only', `${COPY_TOKEN} Use the token that can write.`],
  [
    /max (daily )?requests? limit/i,
    'the plan’s commands or the budget are used up',
    'Raise the budget in the Upstash console, or take a larger plan: until then submits get a 503.',
  ],
  [
    /OOM|capacity quota|max.*(?:size|memory)/i,
    'the database is full',
    'Take a larger plan, or keep orders for fewer days (SLUICE_RETENTION_DAYS).',
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    'there is no such host',
    `${COPY_URL} A deleted or long unused database loses its name.`,
  ],
  [
    /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|ALTNAME/,
    'the certificate is not trusted here',
    'Check for a proxy in between; NODE_EXTRA_CA_CERTS names certificates to trust.',
  ],
  [/JSON|reached \(\w+Error\)/i, 'this is not an Upstash REST API', COPY_URL],
  [
    /in time/,
    'it did not answer in time',
    'Check for a firewall in between, and status.upstash.com.',
  ],
];

function adviceOn(error: unknown): Verdict {
  const said = error instanceof Error ? error.message : String(error);
  const [, found, fix] = ADVICE.find(([says]) => says.test(said)) ?? [];
  if (found === undefined)
    return wrong(said, 'Check the URL, and whether this machine may connect.');
  return wrong(`${found} (${said})`, fix);
}

/** How the database is set up, and how far away it is. */
export const DATABASE_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'eviction',
    looksAt: 'whether keys vanish when the database is full',
    run: evictionIsOff,
  },
  { name: 'memory', looksAt: 'how full the database is', run: memoryIsThere },
  { name: 'clock', looksAt: 'how far this machine’s and Redis’ clocks differ', run: clocksAgree },
  {
    name: 'latency',
    looksAt: `how long ${PINGS} pings take, of the ${SENDING_MS_MAX} ms that a request has`,
    run: latencyIsBearable,
  },
];

async function memoryFields({ client }: RedisSide): Promise<Map<string, string>> {
  return infoFields(String(await client.redis.exec(['INFO', 'memory'])));
}

/** A plain Redis reports it in INFO. Upstash has no such field, and no CONFIG. */
async function evictionIsOff(side: RedisSide): Promise<Verdict> {
  const policy = (await memoryFields(side)).get('maxmemory_policy');
  if (policy === 'noeviction') return ok('off (noeviction)');
  if (policy === undefined) {
    return unknown(
      'this database does not tell',
      'Check in the Upstash console that Eviction is disabled, in the database’s Configuration. It is by ' +
        'default.',
    );
  }
  return wrong(
    `on (${policy}): when the database is full, orders vanish`,
    'Turn eviction off: Upstash console, the database, Configuration, Eviction.',
  );
}

async function memoryIsThere(side: RedisSide): Promise<Verdict> {
  const fields = await memoryFields(side);
  const used = Number(fields.get('used_memory') ?? Number.NaN);
  const most = Number(fields.get('maxmemory') ?? Number.NaN);
  if (Number.isNaN(used)) {
    return unknown(
      'this database does not tell',
      'The database’s page in the Upstash console shows the data size and its limit.',
    );
  }
  if (!(most > 0)) return ok(`${bytes(used)} used; Redis tells no limit`);
  const found = `${bytes(used)} of ${bytes(most)} used`;
  const fix =
    'Take a larger plan, or keep orders for fewer days (SLUICE_RETENTION_DAYS). When it is full, submits ' +
    'get a 503.';
  if (used / most > MEMORY_WRONG) return wrong(found, fix);
  return used / most > MEMORY_WARNING ? warning(found, fix) : ok(found);
}

async function clocksAgree({ client, clock }: RedisSide): Promise<Verdict> {
  const beforeMs = clock.now();
  const [seconds, micros] = (await client.redis.exec(['TIME'])) as [string, string];
  const redisMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
  const differenceMs = redisMs - beforeMs;
  if (Number.isNaN(redisMs)) return unknown('TIME is not answered', 'See the check named time.');
  if (Math.abs(differenceMs) <= CLOCK_DIFFERENCE_MS_MAX) return ok('the same, within seconds');
  return warning(
    `Redis is ${duration(Math.abs(differenceMs))} ${differenceMs > 0 ? 'ahead of' : 'behind'} this machine`,
    'Set this machine’s clock by NTP. No order is lost, but ages are wrong by that much.',
  );
}

async function latencyIsBearable({ client, stopwatch }: RedisSide): Promise<Verdict> {
  const figures: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const startMs = stopwatch();
    await client.redis.ping();
    figures.push(stopwatch() - startMs);
  }
  const [median, late] = [quantile(figures, 0.5), quantile(figures, 0.95)];
  const found = `median ${duration(median)}, 95 % within ${duration(late)}, from here`;
  if (late < SENDING_MS_MAX / 4) return ok(found);
  const fix =
    'Use a database in the region of the functions. To judge this, run doctor near the functions.';
  return (late >= SENDING_MS_MAX ? wrong : warning)(found, fix);
}
