import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Clock } from './clock.ts';

/** An invocation that keeps an instance busy until then, so that others start beside it. */
export interface WarmUp {
  /** Unix milliseconds. */
  readonly warmUntilMs: number;
}

/** What it answers: which instance it was. */
export interface Warm {
  readonly instance: string;
}

/** What is left of a Lambda's time when it answers. */
const SPARE_MS = 1_000;
const instance = randomUUID();

/** No request over HTTP is one: API Gateway's events have no such member. */
export function isWarmUp(event: unknown): event is WarmUp {
  return typeof event === 'object' && event !== null && 'warmUntilMs' in event;
}

/** Waits, and answers; the secrets have been read when the instance started. */
export async function stayWarm(
  { warmUntilMs }: WarmUp,
  context: Context,
  clock: Clock,
): Promise<Warm> {
  const mostMs = context.getRemainingTimeInMillis() - SPARE_MS;
  const delayMs = Math.min(Number(warmUntilMs) - clock.now(), mostMs);
  await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  return { instance };
}
