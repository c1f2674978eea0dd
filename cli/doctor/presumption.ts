import type { RedisSide } from './redis-side.ts';

/** One thing that Sluice presumes of Redis, tried out on scratch keys. */
export interface Presumption {
  readonly name: string;
  readonly looksAt: string;
  /** What becomes of Sluice where it is not so. */
  readonly otherwise: string;
  /** Whether Sluice works all the same. */
  readonly isBearable?: true;
  /** What was seen where it is so; what is not so is thrown as `NotSo`. */
  readonly tryOut: (side: RedisSide) => Promise<string>;
}

/** Redis does something else than is presumed. */
export class NotSo extends Error {
  override readonly name = 'NotSo';
}

/** @throws NotSo, with what was seen, where the two differ */
export function mustBe(what: string, seen: unknown, expected: unknown): void {
  const [said, wanted] = [seen, expected].map((value) => JSON.stringify(value) ?? 'nothing');
  if (said === wanted) return;
  throw new NotSo(`${what} is ${shortened(said)} and not ${shortened(wanted)}`);
}

function shortened(text = ''): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
