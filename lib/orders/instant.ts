const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Reads an RFC 3339 time with any offset; digits below a millisecond are cut off.
 * A leap second (`:60`, only ever at 23:59 UTC) is the second that follows it.
 *
 * @returns Unix milliseconds, or `undefined` where the text is no such time
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function parseInstant(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;

  const millis = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offsetMs = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const wholeMs = new Date(0).setUTCFullYear(year, month - 1, day);
  const instantMs = wholeMs + ((hour * 60 + minute) * 60 + second) * 1000 + millis - offsetMs;
  const isLeap = second === 60;
  if (isLeap && Math.floor(instantMs / 1000) % 86_400 !== 0) return undefined;
  return instantMs;
}

type Six = [number, number, number, number, number, number];

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeapYear ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

let last = { unixMs: 0, text: '1970-01-01T00:00:00.000Z' };

/** RFC 3339 in UTC with milliseconds, as every time leaves Sluice. Many of an answer are the same. */
export function formatInstant(unixMs: number): string {
  if (last.unixMs !== unixMs) last = { unixMs, text: new Date(unixMs).toISOString() };
  return last.text;
}
