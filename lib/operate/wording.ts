import { formatInstant } from '../orders/instant.ts';
import type { DrainRecord } from '../store/activity.ts';
import { maskedReason } from './reasons.ts';

const QUOTED_CHARACTERS_MAX = 200;
/** How far back drains count for the rate. */
const RATE_MS = 5 * 60_000;

/** A time of day, UTC; with the date where that is another day than now. */
export function clockTime(atMs: number, nowMs: number): string {
  const [at, now] = [formatInstant(atMs), formatInstant(nowMs)];
  const day = at.slice(0, 10) === now.slice(0, 10) ? '' : `${at.slice(0, 10)} `;
  return `${day}${at.slice(11, 19)} UTC`;
}

/** How long something takes, in its largest units: `9 s`, `14 min`, `2 h 5 min`, `3 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1_440)} d`;
}

/** A reason in quotation marks, shortened. */
export function quoted(reason: string): string {
  const characters = [...reason];
  const isLong = characters.length > QUOTED_CHARACTERS_MAX;
  return `"${isLong ? `${characters.slice(0, QUOTED_CHARACTERS_MAX).join('')}…` : reason}"`;
}

/** How many other reasons are the same but for what differs from order to order. */
export function maskedCount(reason: string, others: readonly string[]): number {
  const masked = maskedReason(reason);
  return others.filter((other) => maskedReason(other) === masked).length;
}

/** Orders that the drains have claimed in a second lately; 0 where that is unknown. */
export function rateOf(drains: readonly DrainRecord[], nowMs: number): number {
  const recent = drains.filter(({ endMs }) => endMs >= nowMs - RATE_MS);
  const sinceMs = Math.min(...recent.map(({ startMs }) => startMs));
  const claimed = recent.reduce((sum, drain) => sum + drain.claimed, 0);
  return claimed === 0 ? 0 : (1_000 * claimed) / Math.max(1_000, nowMs - sinceMs);
}
