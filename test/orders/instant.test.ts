import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatInstant, parseInstant } from '../../lib/orders/instant.ts';

const MS_MIN = Date.UTC(1000, 0, 1);
const MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const instants = fc.integer({ min: MS_MIN, max: MS_MAX });
const digits = (value: number) => String(value).padStart(2, '0');

describe('parseInstant', () => {
  test('reads what Date writes', () => {
    fc.assert(
      fc.property(instants, (unixMs) => {
        expect(parseInstant(new Date(unixMs).toISOString())).toBe(unixMs);
      }),
    );
  });

  test('takes the offset off, as Date does', () => {
    const offsets = fc.record({
      sign: fc.constantFrom('+', '-'),
      hours: fc.integer({ min: 0, max: 23 }),
      minutes: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(instants, offsets, (unixMs, { sign, hours, minutes }) => {
        const wall = new Date(unixMs).toISOString().slice(0, -1);
        const text = `${wall}${sign}${digits(hours)}:${digits(minutes)}`;
        expect(parseInstant(text)).toBe(new Date(text).getTime());
      }),
    );
  });

  test('takes a date for one exactly where the calendar has it', () => {
    const part = fc.integer({ min: 0, max: 99 });
    const year = fc.integer({ min: 1000, max: 9999 });
    fc.assert(
      fc.property(year, part, part, part, part, (y, month, day, hour, minute) => {
        const text = `${y}-${digits(month)}-${digits(day)}T${digits(hour)}:${digits(minute)}:00.000Z`;
        const date = new Date(text);
        // Date lets days and the hour 24 overflow: it is right where it writes what it read.
        const isRight = !Number.isNaN(date.getTime()) && date.toISOString() === text;
        expect(parseInstant(text)).toBe(isRight ? date.getTime() : undefined);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([1600, 2000, 2024, 2400])('%i has a 29 February', (year) => {
    expect(parseInstant(`${year}-02-29T00:00:00Z`)).toBe(Date.UTC(year, 1, 29));
  });
  test.each([1700, 1900, 2023, 2100])('%i has none', (year) => {
    expect(parseInstant(`${year}-02-29T00:00:00Z`)).toBeUndefined();
  });

  test.each(['0000', '0001', '0070', '0099'])('the year %s is not one of 19xx', (year) => {
    const unixMs = parseInstant(`${year}-03-01T00:00:00Z`) as number;
    expect(new Date(unixMs).getUTCFullYear()).toBe(Number(year));
  });

  test('cuts digits below a millisecond off, and takes those that are not there for zero', () => {
    const readings = ['.1', '.12', '.123', '.1239', `.1239${'9'.repeat(1_000)}`, '.0009'];
    const millis = readings.map((digits) => parseInstant(`1970-01-01T00:00:00${digits}Z`));
    expect(millis).toEqual([100, 120, 123, 123, 123, 0]);
  });

  test('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseInstant(text)).not.toThrow();
      }),
    );
  });
});

test('formatInstant writes UTC with milliseconds, which parseInstant reads', () => {
  expect(formatInstant(0)).toBe('1970-01-01T00:00:00.000Z');
  fc.assert(
    fc.property(instants, (unixMs) => {
      expect(parseInstant(formatInstant(unixMs))).toBe(unixMs);
    }),
  );
});
