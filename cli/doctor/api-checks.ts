import type { Client } from '../../lib/client/client.ts';
import { Forbidden, NotFound, Unauthorized } from '../../lib/client/errors.ts';
import { failureOf } from '../api-faults.ts';
import { grouped } from '../money.ts';
import { type Check, ok, skipped, type Verdict, warning, wrong } from './check.ts';
import { duration, quantile } from './figures.ts';
import { isLocal } from './redis-side.ts';

/** What the checks of the API look at. */
export interface ApiSide {
  readonly url: string;
  /** With SLUICE_KEY. */
  readonly client: Client;
  /** With a key that nobody has. */
  readonly stranger: Client;
  readonly stopwatch: () => number;
}

const READS = 10;
const READ_MS_WARNING = 1_000;
/** Two runs of the schedule, and some. */
const READY_MS_MAX = 150_000;
/** An id that no order can have. */
const NO_ORDER = `ord_${'0'.repeat(32)}`;

/** What a caller of the deployed API meets. Nothing is submitted and nothing changed. */
export const API_CHECKS: readonly Check<ApiSide>[] = [
  {
    name: 'reachable',
    looksAt: 'whether SLUICE_URL is Sluice, and accepts SLUICE_KEY',
    isEssential: true,
    async run({ client }) {
      const answer = await client.stats().catch((error: unknown) => error);
      if (!(answer instanceof Error)) return ok('yes, as orders:admin');
      if (answer instanceof Forbidden) return ok('yes; SLUICE_KEY has no orders:admin');
      if (answer instanceof Unauthorized) {
        return wrong(
          'SLUICE_KEY is refused',
          'Use a key of this stage, or create one: npm run sluice -- keys create. A new key works within ' +
            'five minutes.',
        );
      }
      const [found = '', ...advice] = (failureOf(answer)?.message ?? answer.message).split('\n');
      return wrong(found, advice.join(' ') || 'Look at the log of the function stats.');
    },
  },
  {
    name: 'encrypted',
    looksAt: 'whether keys and orders are sent over https',
    async run({ url }) {
      if (url.startsWith('https:')) return ok('https');
      if (isLocal(url)) return ok('http, on this machine only');
      return wrong(
        'http: keys and orders are sent unencrypted',
        'Use the https address, and replace the key: it was sent unencrypted.',
      );
    },
  },
  {
    name: 'strangers',
    looksAt: 'whether an invented key is refused',
    async run({ stranger }) {
      const answer = await stranger.stats().catch((error: unknown) => error);
      if (answer instanceof Unauthorized) return ok('refused');
      return wrong(
        'an invented key is not refused with 401',
        'Something in front of the functions answers for them, or keys are not checked. Take the ' +
          'deployment offline until you know which.',
      );
    },
  },
  { name: 'queue', looksAt: 'whether orders are produced, and which are dead', run: queueMoves },
  { name: 'latency', looksAt: `how long ${READS} reads of an order take`, run: readsAreFast },
];

async function queueMoves({ client }: ApiSide): Promise<Verdict> {
  const stats = await client.stats().catch((error: unknown) => {
    if (error instanceof Forbidden) return undefined;
    throw error;
  });
  if (stats === undefined) {
    return skipped('SLUICE_KEY has no orders:admin', 'Set it to an admin key to see this.');
  }
  const { queued, producing, produced, dead, oldestQueuedAgeMs } = stats;
  const found = `${queued} queued, ${producing} in production, ${produced} produced, ${dead} dead`;
  if ((oldestQueuedAgeMs ?? 0) > READY_MS_MAX) {
    return wrong(
      `${found}; the oldest has been queued for ${duration(oldestQueuedAgeMs ?? 0)}`,
      'Either more comes in than is drained (SLUICE_DRAIN_SLOTS), or nothing drains: check that the ' +
        'schedule of drain-queue is enabled, and its log. npm run sluice -- drain runs one now.',
    );
  }
  if (dead === 0) return ok(found);
  return warning(
    found,
    `npm run sluice -- dead-letters shows why ${grouped(dead)} ${dead === 1 ? 'is' : 'are'} dead. Once that is ` +
      'fixed: npm run sluice -- redrive --all.',
  );
}

async function readsAreFast({ client, stopwatch }: ApiSide): Promise<Verdict> {
  const figures: number[] = [];
  // The first one may start a Lambda, and is no measure of the others.
  for (let read = 0; read <= READS; read += 1) {
    const startMs = stopwatch();
    const answer = await client.get(NO_ORDER).catch((error: unknown) => error);
    if (answer instanceof Forbidden) return skipped('SLUICE_KEY has no orders:read');
    if (!(answer instanceof NotFound)) throw answer;
    figures.push(stopwatch() - startMs);
  }
  const [first = 0, ...others] = figures;
  const [median, late] = [quantile(others, 0.5), quantile(others, 0.95)];
  const found = `median ${duration(median)}, 95 % within ${duration(late)}, the first ${duration(first)}`;
  if (late < READ_MS_WARNING) return ok(found);
  return warning(
    found,
    'Put database and functions in one region. From far away, most of this is the network.',
  );
}
