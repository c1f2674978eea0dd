import type { ReceiverTrouble } from '../plan.ts';
import type { Random } from '../random.ts';
import type { WireResponse } from './wire.ts';

/** What becomes of one POST. Times in milliseconds. */
export interface Course {
  /** When it reaches the receiver, after it was sent: never, once, or twice. The first is answered. */
  readonly arrivals: readonly number[];
  /** Whether the receiver does what it is asked before it answers. */
  readonly hasEffect: boolean;
  readonly answer: 'own' | 'half' | 'none' | 'reset' | 'refused' | WireResponse;
  /** After the arrival, or after the sending where there is none. */
  readonly answerAfterMs: number;
}

const REDIRECT = { status: 302, headers: { location: 'http://elsewhere/' } };
const MISTAKES = [400, 401, 404, 410];

export function courseOf(
  trouble: ReceiverTrouble | 'is out' | undefined,
  random: Random,
  timeoutMs: number,
): Course {
  const arrivalMs = random.whole(1, 20);
  const answerAfterMs = random.whole(1, 200);
  const longMs = random.whole(100, timeoutMs * 2);
  const fate: Course = { arrivals: [arrivalMs], hasEffect: true, answer: 'own', answerAfterMs };
  const never = { ...fate, arrivals: [], hasEffect: false };
  switch (trouble) {
    case undefined:
      return fate;
    case 'is out':
      return { ...never, answer: random.pick(['refused', 'refused', 'reset', 'none'] as const) };
    case 'cannot be reached':
      return { ...never, answer: 'refused' };
    case 'loses the request':
      return { ...never, answer: 'reset' };
    case 'loses its answer':
      return { ...fate, answer: 'reset' };
    case 'gets it twice':
      return { ...fate, arrivals: [arrivalMs, arrivalMs + longMs] };
    case 'gets it late':
      return { ...fate, arrivals: [longMs] };
    case 'answers late':
      return { ...fate, answerAfterMs: longMs };
    case 'never answers':
      return random.chance(0.5) ? { ...fate, answer: 'none' } : { ...never, answer: 'none' };
    case 'answers 5xx':
      return { ...fate, hasEffect: false, answer: { status: random.pick([500, 502, 503, 504]) } };
    case 'answers 5xx after all':
      return { ...fate, answer: { status: random.pick([500, 502, 503, 504]) } };
    case 'asks to be left alone': {
      const headers = { 'retry-after': String(random.whole(0, 120)) };
      return { ...fate, hasEffect: false, answer: { status: random.pick([429, 503]), headers } };
    }
    case 'redirects':
      return { ...fate, hasEffect: false, answer: REDIRECT };
    case 'refuses by mistake':
      return { ...fate, hasEffect: false, answer: { status: random.pick(MISTAKES) } };
    case 'breaks off its answer':
      return { ...fate, answer: 'half' };
  }
}
