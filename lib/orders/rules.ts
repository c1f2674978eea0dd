import { grouped } from './faults.ts';

/** The form of a string, and how a fault says it. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly rule: string;
}

/** The range of a whole number, and how a fault says it. */
export interface WholeRule {
  readonly min: number;
  readonly max: number;
  readonly rule: string;
}

function whole(min: number, max: number): WholeRule {
  return { min, max, rule: `a whole number from ${grouped(min)} to ${grouped(max)}` };
}

/** The limits of the HTTP contract, section "Submit an order". */
export const LINES_MAX = 1_000;
export const METADATA_MEMBERS_MAX = 20;
export const QUANTITY = whole(1, 1_000_000);
export const UNIT_AMOUNT = whole(0, 10 ** 12);

// Lengths count code points, as the u flag does. \p{Cc} is C0, DEL and C1; \p{Cs} matches a
// surrogate that stands alone, so a match is well-formed Unicode.
export const NAME: TextRule = {
  pattern: /^[^\p{Cc}\p{Cs}]{1,64}$/u,
  rule: 'a string of 1 to 64 characters, none of them a control character',
};
export const DESCRIPTION: TextRule = {
  pattern: /^(?:[^\p{Cc}\p{Cs}]|[\t\n]){1,256}$/u,
  rule: 'a string of 1 to 256 characters without control characters other than tab and line feed',
};
export const METADATA_KEY: TextRule = {
  pattern: /^[A-Za-z0-9_-]{1,40}$/,
  rule: 'have a name of 1 to 40 characters of A-Z, a-z, 0-9, _ and -',
};
export const METADATA_VALUE: TextRule = {
  pattern: /^[^\p{Cc}\p{Cs}]{0,256}$/u,
  rule: 'a string of up to 256 characters, none of them a control character',
};

/** Whether a value is a string of this form. */
export function fits(value: unknown, { pattern }: TextRule): value is string {
  return typeof value === 'string' && pattern.test(value);
}

/** Whether a value is a whole number in this range. */
export function isWithin(value: unknown, { min, max }: WholeRule): value is number {
  return isWhole(value) && value >= min && value <= max;
}

/** Whether a value is a whole number that is exact. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Whether a value is what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
