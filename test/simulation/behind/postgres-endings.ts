import type { OrderMemory } from '../model.ts';
import type { PostgresTrouble } from '../plan.ts';
import type { World } from '../world.ts';

/** How a transaction ends, as far as it is left to itself. */
export interface Ending {
  /** After it was begun, milliseconds. */
  readonly afterMs: number;
  /** What the server says instead of committing, in the fields of its messages. */
  readonly error?: ServerError;
  /** The server crashes as it commits. */
  readonly crash?: 'before' | 'after';
  /** The process that has sent it dies. */
  readonly killsProcess?: boolean;
  /** The statement is answered as if all were well, and the commit fails. */
  readonly failsAtCommit?: boolean;
  readonly answer: 'own' | 'lost' | 'none';
}

export interface ServerError {
  readonly severity: 'ERROR' | 'FATAL';
  readonly code: string;
  readonly constraint?: string;
}

const error = (code: string, severity: ServerError['severity'] = 'ERROR'): ServerError => ({
  severity,
  code,
});

const CANCELED = error('57014');
/** Lost against another transaction. */
const CONFLICTS = ['40001', '40P01', '55P03'];

/**
 * @param limitMs  its time limit, at which the server cancels it
 */
export function endingOf(
  world: World,
  trouble: PostgresTrouble | undefined,
  orders: readonly OrderMemory[],
  limitMs: number,
): Ending {
  const { plan, random } = world;
  const isSlow = trouble === 'is slow' || (trouble === 'never answers' && random.chance(0.5));
  const afterMs = isSlow ? random.whole(100, plan.leaseMs * 2.5) : random.whole(1, 100);
  if (afterMs > limitMs) return { afterMs: limitMs, error: CANCELED, answer: 'own' };
  const ending = { afterMs, answer: 'own' } as const;
  const ofOrder = endingOfNatures(world, orders);
  if (ofOrder !== undefined) return { ...ending, ...ofOrder };
  switch (trouble) {
    case 'loses its answer':
      return { ...ending, answer: 'lost' };
    case 'never answers':
      return { ...ending, answer: 'none' };
    case 'cannot serialize':
      return { ...ending, error: error(random.pick(CONFLICTS)) };
    case 'fails at the commit':
      return { ...ending, error: error('40001'), failsAtCommit: true };
    case 'ends the session':
      return { ...ending, error: error('57P01', 'FATAL') };
    case 'has no room':
      return { ...ending, error: error(random.pick(['53100', '53200', 'XX000'])) };
    case 'has no table':
      return { ...ending, error: error(random.pick(['42P01', '42501'])) };
    case 'crashes before the commit':
      return { ...ending, crash: 'before' };
    case 'crashes after it':
      return { ...ending, crash: 'after' };
    default:
      return ending;
  }
}

/** What one order does to all that are written with it. */
function endingOfNatures(
  { random, isStorm }: World,
  orders: readonly OrderMemory[],
): Partial<Ending> | undefined {
  const of = (nature: OrderMemory['planned']['nature']) =>
    orders.filter(({ planned }) => planned.nature === nature);
  if (isStorm() && of('kills').length > 0) {
    return random.chance(0.5)
      ? { killsProcess: true }
      : { crash: random.pick(['before', 'after']) };
  }
  if (of('rejects').length > 0) {
    for (const memory of of('rejects')) memory.wasRejected = true;
    return { error: { ...error('23514'), constraint: 'no_such_sku' } };
  }
  if (!isStorm()) return undefined;
  if (of('throws').length > 0) return { error: error('40001') };
  if (of('fickle').length === 0) return undefined;
  const mood = random();
  if (mood < 0.3) return { error: error(random.pick(CONFLICTS)) };
  if (mood < 0.4) return { error: CANCELED };
  if (mood > 0.5) return undefined;
  for (const memory of of('fickle')) memory.wasRejected = true;
  return { error: error('P0001') };
}
