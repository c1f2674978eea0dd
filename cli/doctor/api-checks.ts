import { statsSchema } from '../../lib/contract/schemas.ts';
import { SCOPES, type Scope } from '../../lib/contract/scopes.ts';
import { readStore } from '../../lib/redis/read-store.ts';
import type { ApiSide } from './api-side.ts';
import { type Check, ok, skipped, unknown, type Verdict, warning, wrong } from './check.ts';
import { duration, quantile } from './figures.ts';
import { isLocal } from './http.ts';

const READS = 10;
const READ_MS_WARNING = 1_000;
const CLOCK_DIFFERENCE_MS_MAX = 5_000;
const READY_MS_MAX = 150_000;
/** An id that no order can have: what is looked up under it is answered, at no order's cost. */
const NO_ORDER = `orders/ord_${'0'.repeat(32)}`;

/** What a caller of the deployed API meets. Nothing is submitted and nothing changed. */
export const API_CHECKS: readonly Check<ApiSide>[] = [
  {
    name: 'reachable',
    looksAt: 'whether SLUICE_URL answers as Sluice',
    isEssential: true,
    run: reachable,
  },
  {
    name: 'encrypted',
    looksAt: 'whether keys and orders travel over https',
    run: async ({ url }) => {
      if (url.protocol === 'https:') return ok('https');
      if (isLocal(url.href)) return ok('http, on this machine only');
      return wrong(
        'http: keys and orders travel in the clear',
        'Use the https address, and change the key by its two-keys way: it was sent openly.',
      );
    },
  },
  {
    name: 'key',
    looksAt: 'whether the API knows SLUICE_KEY, and refuses one that is made up',
    isEssential: true,
    run: keyIsKnown,
  },
  { name: 'scopes', looksAt: 'which routes SLUICE_KEY opens', run: scopesAreTold },
  { name: 'stats', looksAt: 'what GET /stats counts', run: statsAreRight },
  {
    name: 'same Redis',
    looksAt: 'whether the API counts the orders that are in the Redis looked at above',
    run: countsAreTheSame,
  },
  {
    name: 'latency',
    looksAt: `how long ${READS} reads of an order take`,
    run: readsAreFast,
  },
  {
    name: 'clock',
    looksAt: 'how far the clocks of this machine and of the API are apart',
    run: clocksAgree,
  },
];

const NO_API = 'Set SLUICE_URL to the address that the deployment printed, with its stage’s path.';

/** What Sluice answers with, or API Gateway in front of it where that checks JWTs. */
function isRefusal(status: number, body: unknown): boolean {
  const { message } = (body ?? {}) as { message?: unknown };
  const isGateway = status === 401 && message === 'Unauthorized';
  return [401, 403, 429].includes(status) && (isGateway || isProblem(body));
}

function isProblem(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'type' in body && 'status' in body;
}

async function reachable({ ask }: ApiSide): Promise<Verdict> {
  const answer = await ask('GET', 'stats');
  if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  const { status, body, ms } = answer;
  const isStats = status === 200 && statsSchema.safeParse(body, { jitless: true }).success;
  if (status === 503 && isProblem(body)) {
    return wrong('it answers 503: it cannot reach Redis', 'See the Redis part of this report.');
  }
  if (isStats || isRefusal(status, body)) {
    return ok(`answered in ${duration(ms)}`);
  }
  if (status >= 500) {
    return wrong(
      `it answers ${status}`,
      'Look at the log of the function stats: one whose environment is wrong does not start.',
    );
  }
  return wrong(`what answers (${status}) is not Sluice`, NO_API);
}

async function keyIsKnown({ ask }: ApiSide): Promise<Verdict> {
  const [known, madeUp] = [
    await ask('GET', 'openapi.json'),
    await ask('GET', 'openapi.json', 'sluice_doctor_no_such_key'),
  ];
  for (const answer of [known, madeUp]) {
    if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  }
  if (madeUp.kind === 'answered' && madeUp.status !== 401) {
    return wrong(
      `a key that is made up is answered ${madeUp.status} and not 401`,
      'Something in front of the functions answers for them, or keys are not checked: take the ' +
        'deployment off the network until that is clear.',
    );
  }
  if (known.kind === 'answered' && known.status === 401) {
    return wrong(
      'the API does not know SLUICE_KEY (401)',
      'Take a key of this stage, or make one: npm run sluice -- keys create.',
    );
  }
  return ok('known; one that is made up is refused');
}

/** A route of each scope that does nothing: its scope is checked before anything else is. */
const PROBES: Record<Scope, readonly ['GET' | 'POST', string]> = {
  'orders:write': ['POST', 'orders'],
  'orders:read': ['GET', NO_ORDER],
  'orders:admin': ['GET', 'stats'],
};

async function scopesAreTold({ ask }: ApiSide): Promise<Verdict> {
  const may: string[] = [];
  const mayNot: string[] = [];
  for (const scope of SCOPES) {
    const answer = await ask(...PROBES[scope]);
    if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
    if (answer.status >= 500) {
      return wrong(
        `${PROBES[scope].join(' /')} answers ${answer.status}`,
        'Look at the log of its function.',
      );
    }
    (answer.status === 403 ? mayNot : may).push(scope);
  }
  if (may.length === 0) return wrong('it opens none', 'Make a key with scopes: keys create.');
  return ok(`${may.join(', ')}${mayNot.length > 0 ? `; not ${mayNot.join(', ')}` : ''}`);
}

async function statsAreRight({ ask }: ApiSide): Promise<Verdict> {
  const answer = await ask('GET', 'stats');
  if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  if (answer.status === 403) {
    return skipped('SLUICE_KEY has no orders:admin', 'Set SLUICE_KEY to an admin key to see them.');
  }
  const { data } = statsSchema.safeParse(answer.body, { jitless: true });
  if (data === undefined) {
    return wrong(`answered ${answer.status}, with no stats`, 'Look at the log of its function.');
  }
  const { queued, producing, produced, dead, oldestQueuedAgeMs } = data;
  const found = `${queued} queued, ${producing} in production, ${produced} produced, ${dead} dead`;
  if ((oldestQueuedAgeMs ?? 0) > READY_MS_MAX) {
    return warning(
      `${found}; the oldest has been queued for ${duration(oldestQueuedAgeMs ?? 0)}`,
      'Either more comes in than is drained (SLUICE_DRAIN_SLOTS), or nothing drains: see schedule in ' +
        'the Redis part.',
    );
  }
  return ok(found);
}

const COUNTED = ['queued', 'produced', 'dead', 'canceled'] as const;

/** Orders flow meanwhile: what the API says must lie between what Redis says before and after. */
async function countsAreTheSame({ ask, redis, clock }: ApiSide): Promise<Verdict> {
  if (redis === undefined) return skipped('no Redis was looked at');
  const { counts } = readStore(redis.client, redis.keys);
  const before = await counts(clock.now());
  const answer = await ask('GET', 'stats');
  const after = await counts(clock.now());
  const body = answer.kind === 'answered' ? answer.body : undefined;
  const { data } = statsSchema.safeParse(body, { jitless: true });
  if (data === undefined) return skipped('GET /stats does not tell');
  const off = COUNTED.find(
    (name) =>
      data[name] < Math.min(before[name], after[name]) ||
      data[name] > Math.max(before[name], after[name]),
  );
  if (off === undefined) return ok('both count the same');
  return warning(
    `the API counts ${data[off]} ${off}, and this Redis has ${before[off]}`,
    'The API uses another database or another SLUICE_PREFIX than this environment: with --stage, doctor ' +
      'takes those of the deployment.',
  );
}

async function readsAreFast({ ask }: ApiSide): Promise<Verdict> {
  const figures: number[] = [];
  // The first one may start a Lambda, and is no measure of the others.
  for (let read = 0; read <= READS; read += 1) {
    const answer = await ask('GET', NO_ORDER);
    if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
    if (answer.status === 403) return skipped('SLUICE_KEY has no orders:read');
    if (answer.status === 429) return unknown('429: over SLUICE_RATE_LIMIT', 'Wait a minute.');
    if (answer.status >= 500) return wrong(`a read answers ${answer.status}`, 'Look at its log.');
    figures.push(answer.ms);
  }
  const [first = 0, ...others] = figures;
  const [median, late] = [quantile(others, 0.5), quantile(others, 0.95)];
  const found = `median ${duration(median)}, 95 % within ${duration(late)}, the first ${duration(first)}`;
  if (late < READ_MS_WARNING) return ok(found);
  return warning(
    found,
    'Put database and functions into one region. From a machine far away, most of it is the way.',
  );
}

async function clocksAgree({ ask, clock }: ApiSide): Promise<Verdict> {
  const answer = await ask('GET', NO_ORDER);
  if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  const atMs = Date.parse(answer.date ?? '');
  if (Number.isNaN(atMs)) return unknown('the API tells no time', 'Nothing is to be done.');
  // The header has whole seconds.
  const differenceMs = atMs + 500 - (answer.sentAtMs + answer.ms / 2);
  const found = `apart by ${duration(Math.abs(differenceMs))} at most`;
  if (Math.abs(differenceMs) <= CLOCK_DIFFERENCE_MS_MAX)
    return ok('the same, within a second or so');
  return warning(
    `${found} of ${new Date(clock.now()).toISOString()} here`,
    'Set this machine’s clock by NTP: the ages in this report are wrong by as much.',
  );
}
