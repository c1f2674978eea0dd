import { type Check, ok, type Verdict, wrong } from './check.ts';
import { duration } from './figures.ts';
import { isLocal } from './http.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

const COPY_TOKEN =
  'Copy UPSTASH_REDIS_REST_TOKEN anew from the console: the database’s page, REST API. The local ' +
  'stack has another one at each start.';

/** Whether Redis can be used at all; what comes after needs it. */
export const REACH_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'reachable',
    looksAt: 'whether PING is answered under the URL and the token',
    isEssential: true,
    run: reachable,
  },
  {
    name: 'encrypted',
    looksAt: 'whether the token and the orders travel over https',
    run: async ({ config }) => {
      if (config.redisUrl.startsWith('https:')) return ok('https');
      if (isLocal(config.redisUrl)) return ok('http, on this machine only');
      return wrong(
        'http: the token and all orders travel in the clear',
        'Use the https URL that the console shows, and make a new token: this one was sent openly.',
      );
    },
  },
  {
    name: 'writable',
    looksAt: 'whether the token may write: Upstash has read-only ones too',
    isEssential: true,
    run: writable,
  },
];

async function reachable({ ask }: RedisSide): Promise<Verdict> {
  const answer = await ask(['PING']);
  if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  const { status, body, ms } = answer;
  const { result, error } = (body ?? {}) as { result?: unknown; error?: unknown };
  if (status === 200 && result === 'PONG') return ok(`answered in ${duration(ms)}`);
  if (status === 401 || status === 403)
    return wrong(`the token is refused (${status})`, COPY_TOKEN);
  if (typeof error === 'string') {
    return wrong(`answered ${status}: ${error.slice(0, 200)}`, 'Do what the answer says.');
  }
  return wrong(
    `what answers (${status}) is no REST API of Upstash`,
    'Copy UPSTASH_REDIS_REST_URL anew from the console: it is the https one, without a path.',
  );
}

async function writable({ ask, scratch }: RedisSide): Promise<Verdict> {
  const answer = await ask(['SET', scratch.key('writable'), '1', 'PX', SCRATCH_TTL_MS]);
  if (answer.kind === 'lost') return wrong(answer.reason, answer.mend);
  if (answer.status === 200) return ok('yes');
  const { error = '' } = (answer.body ?? {}) as { error?: string };
  if (error.startsWith('NOPERM')) {
    return wrong('the token may only read (NOPERM)', `${COPY_TOKEN} Take the one that may write.`);
  }
  if (/^OOM|max.*(?:size|memory)/i.test(error)) {
    return wrong(
      `the database is full: ${error.slice(0, 120)}`,
      'Give it more room (a larger plan), or keep orders for less time (SLUICE_RETENTION_DAYS).',
    );
  }
  return wrong(`a write is refused: ${error.slice(0, 200)}`, 'Do what the answer says.');
}
