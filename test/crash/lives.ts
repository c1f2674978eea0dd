import { type Life, type Moment, mortal } from './mortal.ts';

/** What a process does that may die, on what, and what must hold however often it died. */
export interface Scenario<World> {
  readonly name: string;
  /** Something of its own for each history. */
  begin(): Promise<World>;
  /** One life: the first, then another one that takes up what that has left, and so on. */
  live(world: World, life: Life, lifeNumber: number): Promise<unknown>;
  /** The last life ends by itself; then this must hold. */
  check(world: World, lives: number): Promise<void>;
}

/**
 * Tells a history: a life that dies at the first moment given, one that dies at the second, and one
 * that is left to live.
 *
 * @returns the moments of each life
 */
async function tell<World>(
  scenario: Scenario<World>,
  deaths: readonly number[],
): Promise<(readonly Moment[])[]> {
  const world = await scenario.begin();
  const lives = [...deaths, Number.POSITIVE_INFINITY].map((diesAt) => mortal(diesAt));
  try {
    for (const [number, life] of lives.entries()) {
      await life.live(() => scenario.live(world, life, number));
    }
    await scenario.check(world, lives.length);
  } catch (error) {
    const story = deaths.map((at, number) => `died after ${lives[number]?.moments[at]?.what}`);
    throw new Error([scenario.name, ...story].join('; '), { cause: error });
  }
  return lives.map(({ moments }) => moments);
}

/**
 * A history for each moment of the first life.
 *
 * @returns what was waited for at each death
 */
export async function dieOnce<World>(scenario: Scenario<World>): Promise<string[]> {
  const [whole = []] = await tell(scenario, []);
  const deaths: string[] = [];
  for (const at of whole.keys()) {
    const [first = []] = await tell(scenario, [at]);
    if (first[at]) deaths.push(first[at].what);
  }
  return deaths;
}

/**
 * A history for each pair: of the first life's moments, and of those of the life that follows the
 * death there. Only the innermost are told: the others differ for nobody else.
 *
 * @returns how many pairs there were
 */
export async function dieTwice<World>(scenario: Scenario<World>): Promise<number> {
  const [whole = []] = await tell(scenario, []);
  let pairs = 0;
  for (const at of innermost(whole)) {
    const [, second = []] = await tell(scenario, [at]);
    for (const next of innermost(second)) {
      await tell(scenario, [at, next]);
      pairs += 1;
    }
  }
  return pairs;
}

function innermost(moments: readonly Moment[]): number[] {
  return moments.flatMap(({ isInnermost }, at) => (isInnermost ? [at] : []));
}
