import * as z from 'zod/mini';
import { FAULTS_MAX, type Fault, faultsOf, grouped } from './faults.ts';
import { parseInstant } from './instant.ts';

/** The limits of the HTTP contract, section "Submit an order". */
export const LINES_MAX = 1_000;
/** More are not looked at for faults: a body that large has no room for as many that are objects. */
const LINES_LOOKED_MAX = 10_000;
const QUANTITY_MAX = 1_000_000;
const UNIT_AMOUNT_MAX = 10 ** 12;
export const METADATA_MEMBERS_MAX = 20;
const PRODUCE_AHEAD_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** An order as it was submitted, once validated. Amounts are in the currency's minor unit. */
export interface Submission {
  readonly customer: string;
  readonly currency: string;
  readonly lines: readonly Line[];
  /** Sum of quantity × unitAmount over the lines, a safe integer. */
  readonly totalAmount: number;
  readonly reference?: string;
  /** Not produced before this time, Unix milliseconds. */
  readonly produceAtMs?: number;
  /** String members in the order they came; never empty. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly unitAmount: number;
  readonly description?: string | undefined;
}

export type Validation =
  | { readonly kind: 'valid'; readonly submission: Submission }
  | { readonly kind: 'invalid'; readonly faults: readonly Fault[] };

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** A message for zod that also says when the member is not there at all. */
export function must(rule: string) {
  return {
    error: (issue: { input?: unknown }) =>
      issue.input === undefined ? `Is missing: it must be ${rule}.` : `Must be ${rule}.`,
  };
}

// Lengths count code points, as the u flag does. \p{Cc} is C0, DEL and C1; \p{Cs} matches a
// surrogate that stands alone, so a match is well-formed Unicode.
function text(max: number) {
  const message = must(`a string of 1 to ${max} characters, none of them a control character`);
  return z
    .string(message)
    .check(z.regex(new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${max}}$`, 'u'), message));
}

const DESCRIPTION_RULE = must(
  'a string of 1 to 256 characters without control characters other than tab and line feed',
);

function integer(min: number, max: number) {
  const range = `${grouped(min)} to ${grouped(max)}`;
  const message = must(`a whole number from ${range}`);
  return z.int({ ...message, abort: true }).check(z.minimum(min, message), z.maximum(max, message));
}

export const skuSchema = text(64);

export const lineSchema = z.strictObject(
  {
    sku: skuSchema,
    quantity: integer(1, QUANTITY_MAX),
    unitAmount: integer(0, UNIT_AMOUNT_MAX),
    description: z.optional(
      z
        .string(DESCRIPTION_RULE)
        .check(z.regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\n]){1,256}$/u, DESCRIPTION_RULE)),
    ),
  },
  must('an object with sku, quantity and unitAmount'),
);

const LINES_RULE = must(`an array of 1 to ${grouped(LINES_MAX)} lines`);

// The most lines are for `parseOrder`: z.maxLength would leave out the faults of the lines.
const lines = z.array(lineSchema, LINES_RULE).check(
  z.minLength(1, LINES_RULE),
  z.refine((all) => Number.isSafeInteger(totalOf(all)), {
    error: `The total, the sum of quantity × unitAmount, must be at most ${Number.MAX_SAFE_INTEGER}.`,
  }),
);

// A sum that is a safe integer was safe at every step, as no term is negative; one that is not
// may have been rounded, but never down into the safe range.
function totalOf(all: readonly Line[]): number {
  return all.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0);
}

const METADATA_RULE = must(`an object of up to ${METADATA_MEMBERS_MAX} strings`);
export const METADATA_KEY = /^[A-Za-z0-9_-]{1,40}$/;
export const METADATA_VALUE = /^[^\p{Cc}\p{Cs}]{0,256}$/u;

// Not z.record: it leaves out a member named __proto__, which here is one like any other.
export const metadataSchema = z
  .custom<Record<string, string>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    METADATA_RULE,
  )
  .check((context) => {
    const members = Object.entries<unknown>(context.value);
    const fault = (path: string[], message: string) =>
      context.issues.push({ code: 'custom', input: context.value, path, message });
    if (members.length > METADATA_MEMBERS_MAX)
      fault([], METADATA_RULE.error({ input: context.value }));
    for (const [key, value] of members) {
      if (context.issues.length >= FAULTS_MAX) return;
      if (!METADATA_KEY.test(key)) {
        fault([key], 'Must have a name of 1 to 40 characters of A-Z, a-z, 0-9, _ and -.');
      }
      if (typeof value !== 'string' || !METADATA_VALUE.test(value)) {
        fault([key], 'Must be a string of up to 256 characters, none of them a control character.');
      }
    }
  });

const PRODUCE_AT_RULE = must('an RFC 3339 time, such as 2026-11-22T13:37:00Z');

/** The body of a submit. The one definition that validates, and that types the code. */
export const submissionSchema = z.strictObject(
  {
    customer: text(64),
    currency: z
      .string(must('an ISO 4217 code of three capital letters'))
      .check(
        z.refine((code) => CURRENCIES.has(code), must('an ISO 4217 code of three capital letters')),
      ),
    lines,
    reference: z.optional(text(64)),
    produceAt: z.optional(
      z
        .string(PRODUCE_AT_RULE)
        .check(z.refine((value) => parseInstant(value) !== undefined, PRODUCE_AT_RULE)),
    ),
    metadata: z.optional(metadataSchema),
  },
  must('a JSON object with customer, currency and lines'),
);

/** The body of a submit. */
export function validateSubmission(body: unknown, nowMs: number): Validation {
  const parsed = parseOrder(submissionSchema, body, nowMs);
  if (parsed.kind === 'invalid') return parsed;
  return { kind: 'valid', submission: submissionOf(parsed.members) };
}

type Members = z.infer<typeof submissionSchema>;

/**
 * Validates an order, alone or with further members.
 *
 * @param body   what `JSON.parse` gave
 * @param nowMs  Unix milliseconds; `produceAt` may lie up to 30 days after it
 * @returns every fault, up to `FAULTS_MAX`, where the body is no order
 */
export function parseOrder<T extends Members>(
  schema: z.ZodMiniType<T>,
  body: unknown,
  nowMs: number,
): { kind: 'valid'; members: T } | { kind: 'invalid'; faults: Fault[] } {
  const count = linesIn(body);
  const looked = count > LINES_LOOKED_MAX ? withoutLines(body, LINES_LOOKED_MAX) : body;
  const parsed = schema.safeParse(looked, { jitless: true });
  const faults = parsed.success ? [] : faultsOf(parsed.error);
  if (count > LINES_MAX) faults.unshift({ pointer: '/lines', detail: LINES_RULE.error({}) });
  if (isTooFarAhead(body, nowMs)) {
    faults.push({ pointer: '/produceAt', detail: 'Must be at most 30 days ahead.' });
  }
  faults.length = Math.min(faults.length, FAULTS_MAX);
  if (!parsed.success || faults.length > 0) return { kind: 'invalid', faults };
  return { kind: 'valid', members: parsed.data };
}

/** The order that valid members make. */
export function submissionOf(members: Members): Submission {
  const { customer, currency, lines: all, produceAt, metadata: strings, reference } = members;
  return {
    customer,
    currency,
    lines: all,
    totalAmount: totalOf(all),
    ...(reference !== undefined && { reference }),
    ...(produceAt !== undefined && { produceAtMs: parseInstant(produceAt) as number }),
    ...(strings !== undefined && Object.keys(strings).length > 0 && { metadata: strings }),
  };
}

/** What was submitted of an order, without what has become of it since. */
export function contentOf(order: Submission): Submission {
  const { customer, currency, lines, totalAmount, reference, produceAtMs, metadata } = order;
  return {
    ...{ customer, currency, lines, totalAmount },
    ...(reference !== undefined && { reference }),
    ...(produceAtMs !== undefined && { produceAtMs }),
    ...(metadata !== undefined && { metadata }),
  };
}

function linesIn(body: unknown): number {
  const isObject = typeof body === 'object' && body !== null;
  return isObject && 'lines' in body && Array.isArray(body.lines) ? body.lines.length : 0;
}

function withoutLines(body: unknown, from: number): object {
  const { lines: all, ...others } = body as { lines: unknown[] };
  return { ...others, lines: all.slice(0, from) };
}

function isTooFarAhead(body: unknown, nowMs: number): boolean {
  if (typeof body !== 'object' || body === null || !('produceAt' in body)) return false;
  const produceAtMs = typeof body.produceAt === 'string' ? parseInstant(body.produceAt) : undefined;
  return produceAtMs !== undefined && produceAtMs - nowMs > PRODUCE_AHEAD_MS_MAX;
}
