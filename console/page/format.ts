/** Numbers and times in words. Pure, so that what an operator reads is tested. */

/** 1,234,567 */
export function count(n: number): string {
  return n.toLocaleString('en-GB');
}

/** "1 order", "2 orders" */
export function countOf(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

/** "0.8 s", "58 s", "14 min", "2 h 56 min", "3 d 4 h": two units at most, and never a negative one. */
export function duration(ms: number): string {
  const all = Math.max(0, ms);
  if (all < 10 * S && all % S !== 0) return `${(Math.floor(all / 100) / 10).toFixed(1)} s`;
  if (all < 100 * S) return `${Math.floor(all / S)} s`;
  if (all < H) return `${Math.floor(all / MIN)} min`;
  const [unit, part, names] = all < D ? [H, MIN, ['h', 'min']] : [D, H, ['d', 'h']];
  const rest = Math.floor((all % unit) / part);
  return `${count(Math.floor(all / unit))} ${names[0]}${rest === 0 ? '' : ` ${rest} ${names[1]}`}`;
}

/** "12 s ago"; what is of this moment is "just now". */
export function ago(ms: number): string {
  return ms < 2 * S ? 'just now' : `${duration(Math.floor(ms / S) * S)} ago`;
}

/** A rate for people: "820/s", "4.2/s", "30 a minute". */
export function rate(perMinute: number): string {
  if (perMinute >= 600) return `${count(Math.round(perMinute / 60))}/s`;
  if (perMinute >= 60) return `${(perMinute / 60).toFixed(1).replace(/\.0$/, '')}/s`;
  return `${count(Math.round(perMinute))} a minute`;
}

/** "$0.002", "$12.40", "$1,234": no more digits than tell something. */
export function dollars(amount: number): string {
  if (amount === 0) return '$0';
  if (amount < 0.001) return 'under $0.001';
  if (amount < 0.1) return `$${amount.toFixed(3)}`;
  return amount < 1_000 ? `$${amount.toFixed(2)}` : `$${count(Math.round(amount))}`;
}

/** "4.8 %", "95 %", "under 0.1 %" */
export function percent(share: number): string {
  const points = share * 100;
  if (points === 0) return '0 %';
  if (points < 0.1) return 'under 0.1 %';
  return points < 10 ? `${points.toFixed(1)} %` : `${Math.round(points)} %`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = JSON.stringify(options);
  const known = clocks.get(name) ?? new Intl.DateTimeFormat('en-GB', options);
  clocks.set(name, known);
  return known;
}

const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

/** 10:21:07, in the zone of the browser; another day's with its date. */
export function time(atMs: number, nowMs: number): string {
  const isToday = clock(DAY).format(atMs) === clock(DAY).format(nowMs);
  const text = clock(TIME).format(atMs);
  return isToday ? text : `${clock(DAY).format(atMs)} ${text}`;
}

/** 10:21, for what is not known to the second. */
export function hourAndMinute(atMs: number, nowMs: number): string {
  return time(atMs, nowMs).slice(0, -3);
}

/** 10:21, whatever the day. */
export function timeOfDay(atMs: number): string {
  return clock(TIME).format(atMs).slice(0, -3);
}

/** 27 Nov */
export function day(atMs: number): string {
  return clock(DAY).format(atMs);
}

/** 10:19:44.120 */
export function exactTime(atMs: number): string {
  return clock({ ...TIME, fractionalSecondDigits: 3 }).format(atMs);
}

/** The moment to the letter: in UTC, and in the zone of the browser. */
export function inFull(atMs: number): string {
  const utc = new Date(atMs).toISOString().replace('T', ' ').replace('Z', ' UTC');
  const local = clock({ ...DAY, year: 'numeric', ...TIME, fractionalSecondDigits: 3 }).format(atMs);
  return `${utc} · ${local} ${zone()}`;
}

/** The zone that times are shown in, such as Europe/Berlin. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Puts a long id in few characters; the whole is in its title and is what is copied. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}
