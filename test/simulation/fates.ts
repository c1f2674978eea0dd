import type { Tear } from './database.ts';
import { type Plan, TROUBLES, type Trouble } from './plan.ts';
import type { Random } from './random.ts';

/** What becomes of one request. Times in milliseconds after it was sent. */
export interface Fate {
  readonly name: 'passes' | Trouble;
  /** When it reaches Redis: never, once, or twice. */
  readonly arrivals: readonly number[];
  /** What its sender gets, and how long after the arrival that it is the answer to. */
  readonly reply: Reply;
  readonly replyAfterMs: number;
  /** Which arrival is answered. */
  readonly answered: number;
  /** Has a script fail in its middle. */
  readonly tear?: Tear;
}

export type Reply =
  | { readonly kind: 'intact' | 'reset' | 'none' | 'half' }
  | { readonly kind: 'forged'; readonly status: number; readonly text: string };

/** What stands between a client and Redis, or Redis itself, says instead of executing anything. */
const REFUSALS: readonly [number, string][] = [
  [429, '{"error":"ERR max requests limit exceeded"}'],
  [500, '{"error":"ERR internal error"}'],
  [503, '<html><body>Service Unavailable</body></html>'],
  [400, '{"error":"ERR max single record size exceeded."}'],
  [400, '{"error":"OOM command not allowed when used memory > \'maxmemory\'."}'],
  [400, '{"error":"NOSCRIPT No matching script. Please use EVAL."}'],
  [400, '{"error":"NOSCRIPT No matching script. Please use EVAL."}'],
];

/** What comes instead of the answer to something that was executed. */
const BAD_ANSWERS: readonly [number, string][] = [
  [502, '<html><body>Bad Gateway</body></html>'],
  [200, '<html><body>Hello</body></html>'],
  [200, ''],
  [200, '{}'],
  [500, '{"error":"ERR internal error"}'],
];

/** What becomes of requests while Redis is away. */
const OUTAGE = ['request lost', 'request lost', 'refused', 'never answered'] as const;

const PASSING: Reply = { kind: 'intact' };

export function fateOf({ traffic, leaseMs, outages }: Plan, random: Random, nowMs: number): Fate {
  const arrivalMs = random.whole(1, 20);
  const passing = { arrivals: [arrivalMs], reply: PASSING, answered: 0 };
  const replyAfterMs = random.whole(1, 20);
  const longMs = random.whole(100, random.pick([1_000, 4_000, leaseMs * 2]));
  const isOut = outages.some(([fromMs, toMs]) => fromMs <= nowMs && nowMs < toMs);
  const name = isOut ? random.pick(OUTAGE) : troubleOf(traffic, random);
  const fate = { ...passing, name, replyAfterMs } as const;
  switch (name) {
    case 'passes':
      return fate;
    case 'request lost':
      return { ...fate, arrivals: [], reply: { kind: 'reset' } };
    case 'reply lost':
      return { ...fate, reply: { kind: 'reset' } };
    case 'sent twice':
      return { ...fate, arrivals: [arrivalMs, arrivalMs + longMs], answered: random.whole(0, 1) };
    case 'delayed':
      return random.chance(0.5)
        ? { ...fate, arrivals: [longMs] }
        : { ...fate, replyAfterMs: longMs };
    case 'refused':
      return { ...fate, arrivals: [], reply: forged(random.pick(REFUSALS)) };
    case 'answered badly':
      return random.chance(0.3)
        ? { ...fate, reply: { kind: 'half' } }
        : { ...fate, reply: forged(random.pick(BAD_ANSWERS)) };
    case 'torn':
      return { ...fate, tear: tearOf(random) };
    case 'never answered':
      return { ...fate, arrivals: random.pick([[], [arrivalMs]]), reply: { kind: 'none' } };
  }
}

const ERRORS = ['databaseFull', 'recordFull', 'requestsUsedUp'] as const;

function tearOf(random: Random): Tear {
  return {
    of: random.whole(0, 1),
    failure: {
      ...{ error: random.pick(ERRORS), of: 'script', times: 1 },
      ...{ command: random.whole(1, random.pick([4, 12])), andLater: random.chance(0.5) },
    },
  };
}

/** Of a network without faults. */
export function goodFate(random: Random): Fate {
  const reply = PASSING;
  return { name: 'passes', arrivals: [random.whole(1, 20)], reply, replyAfterMs: 5, answered: 0 };
}

function troubleOf(traffic: Plan['traffic'], random: Random): Fate['name'] {
  let drawn = random();
  for (const trouble of TROUBLES) {
    drawn -= traffic[trouble] / 2;
    if (drawn < 0) return trouble;
  }
  return 'passes';
}

function forged([status, text]: readonly [number, string]): Reply {
  return { kind: 'forged', status, text };
}
