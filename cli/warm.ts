import type { Clock } from '../lib/clock.ts';
import type { Warm, WarmUp } from '../lib/warm.ts';

/** More at once than Lambda starts of one function in ten seconds cannot be kept busy together. */
export const WARM_MAX = 1_000;

/** The starts are spread over so long: a thousand in 6 s are under every quota. */
const STARTING_MS = 6_000;
/** After the last start, until every instance has come up. */
const LINGER_MS = 1_500;

export interface Warmed {
  readonly asked: number;
  readonly answered: number;
  /** Different instances among them. */
  readonly instances: number;
  /** Why the others did not, and how many. */
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Starts instances of a function by invoking it `count` times, each invocation lasting until the last
 * one has begun: no instance can serve two of them.
 *
 * @param invoke  answers, or throws an error whose name says why not
 */
export async function warm(
  count: number,
  invoke: (warmUp: WarmUp) => Promise<Warm>,
  clock: Clock,
): Promise<Warmed> {
  const startMs = clock.now();
  const warmUntilMs = startMs + STARTING_MS + LINGER_MS;
  const failures: Record<string, number> = {};
  const instances = new Set<string>();
  let answered = 0;

  async function invokeAt(atMs: number): Promise<void> {
    await new Promise<void>((resolve) => void clock.after(atMs - clock.now(), resolve));
    try {
      const { instance } = await invoke({ warmUntilMs });
      answered += 1;
      instances.add(instance);
    } catch (error) {
      const { name } = error as Error;
      failures[name] = (failures[name] ?? 0) + 1;
    }
  }

  const starts = Array.from({ length: count }, (_, at) =>
    invokeAt(startMs + (at * STARTING_MS) / count),
  );
  await Promise.all(starts);
  return { asked: count, answered, instances: instances.size, failures };
}
