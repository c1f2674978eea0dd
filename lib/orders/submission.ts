import { type Fault, type FaultList, faultList, grouped } from './faults.ts';
import { parseInstant } from './instant.ts';
import {
  DESCRIPTION,
  fits,
  isObject,
  isWhole,
  isWithin,
  LINES_MAX,
  METADATA_KEY,
  METADATA_MEMBERS_MAX,
  METADATA_VALUE,
  NAME,
  QUANTITY,
  UNIT_AMOUNT,
} from './rules.ts';

/** More are not looked at for faults: a body that large has no room for as many that are objects. */
const LINES_LOOKED_MAX = 10_000;
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

const CURRENCIES = new Set<unknown>(Intl.supportedValuesOf('currency'));
const CURRENCY_RULE = 'an ISO 4217 code of three capital letters';
const LINE_RULE = 'an object with sku, quantity and unitAmount';
const LINES_RULE = `an array of 1 to ${grouped(LINES_MAX)} lines`;
const METADATA_RULE = `an object of up to ${METADATA_MEMBERS_MAX} strings`;
const PRODUCE_AT_RULE = 'an RFC 3339 time, such as 2026-11-22T13:37:00Z';
const TOTAL_FAULT = `The total, the sum of quantity × unitAmount, must be at most ${Number.MAX_SAFE_INTEGER}.`;

const ORDER_MEMBERS = ['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata'];
const LINE_MEMBERS = new Set(['sku', 'quantity', 'unitAmount', 'description']);

type Members = Readonly<Record<string, unknown>>;

/** What an order comes as: a body of its own, or an item of a batch, which holds its key as well. */
export interface OrderForm {
  readonly rule: string;
  readonly members: ReadonlySet<string>;
  /** Checks the members that the form adds to an order's. */
  readonly checkMore?: (members: Members, list: FaultList) => void;
}

/** The form of an order with further members. */
export function orderForm(
  rule: string,
  more: readonly string[] = [],
  checkMore?: OrderForm['checkMore'],
): OrderForm {
  const members = new Set([...ORDER_MEMBERS, ...more]);
  return { rule, members, ...(checkMore && { checkMore }) };
}

const BODY = orderForm('a JSON object with customer, currency and lines');

/**
 * Validates an order, such as the body of a submit. The only check that an order passes.
 *
 * @param body   what `JSON.parse` gave
 * @param nowMs  Unix milliseconds; `produceAt` may lie up to 30 days after it
 * @returns every fault, up to `FAULTS_MAX`, where the body is no order
 */
export function validateSubmission(body: unknown, nowMs: number, form = BODY): Validation {
  const list = faultList();
  let submission: Submission | undefined;
  if (isObject(body)) submission = submissionIn(body, { form, list, nowMs });
  else list.broken([], body, form.rule);
  if (submission === undefined || list.faults.length > 0) {
    return { kind: 'invalid', faults: list.faults };
  }
  return { kind: 'valid', submission };
}

interface Check {
  readonly form: OrderForm;
  readonly list: FaultList;
  readonly nowMs: number;
}

/** The order that members make; what is wrong with them is in the list then. */
function submissionIn(members: Members, { form, list, nowMs }: Check): Submission {
  const { customer, currency, reference, produceAt, metadata } = members;
  if (isTooLong(members.lines)) list.broken(['lines'], members.lines, LINES_RULE);
  form.checkMore?.(members, list);
  if (!fits(customer, NAME)) list.broken(['customer'], customer, NAME.rule);
  if (!CURRENCIES.has(currency)) list.broken(['currency'], currency, CURRENCY_RULE);
  const { lines, totalAmount } = linesIn(members.lines, list);
  if (reference !== undefined && !fits(reference, NAME)) {
    list.broken(['reference'], reference, NAME.rule);
  }
  const produceAtMs = typeof produceAt === 'string' ? parseInstant(produceAt) : undefined;
  if (produceAt !== undefined && produceAtMs === undefined) {
    list.broken(['produceAt'], produceAt, PRODUCE_AT_RULE);
  }
  const isMarked = metadata !== undefined && checkMetadata(metadata, list) > 0;
  list.unknown([], members, form.members);
  if (produceAtMs !== undefined && produceAtMs - nowMs > PRODUCE_AHEAD_MS_MAX) {
    list.add(['produceAt'], 'Must be at most 30 days ahead.');
  }
  return {
    ...({ customer, currency } as Pick<Submission, 'customer' | 'currency'>),
    ...{ lines, totalAmount },
    ...(reference !== undefined && { reference: reference as string }),
    ...(produceAtMs !== undefined && { produceAtMs }),
    ...(isMarked && { metadata: metadata as Record<string, string> }),
  };
}

function isTooLong(all: unknown): boolean {
  return Array.isArray(all) && all.length > LINES_MAX;
}

function linesIn(all: unknown, list: FaultList): Pick<Submission, 'lines' | 'totalAmount'> {
  const lines: Line[] = [];
  if (!Array.isArray(all)) {
    list.broken(['lines'], all, LINES_RULE);
    return { lines, totalAmount: 0 };
  }
  const looked = Math.min(all.length, LINES_LOOKED_MAX);
  // A sum that is a safe integer was safe at every step, as no term is negative; one that is not
  // may have been rounded, but never down into the safe range.
  let totalAmount = 0;
  for (let at = 0; at < looked; at += 1) {
    const line = lineIn(all[at], at, list);
    if (line === undefined) continue;
    lines.push(line);
    totalAmount += line.quantity * line.unitAmount;
  }
  if (looked === 0) list.broken(['lines'], all, LINES_RULE);
  // Lines that cannot be read have no total.
  const isWholeOrder = lines.length === looked;
  if (isWholeOrder && !Number.isSafeInteger(totalAmount)) list.add(['lines'], TOTAL_FAULT);
  return { lines, totalAmount };
}

/** A line whose members are of the right types; what else is wrong with it is in the list. */
function lineIn(members: unknown, at: number, list: FaultList): Line | undefined {
  if (!isObject(members)) {
    list.broken(['lines', at], members, LINE_RULE);
    return undefined;
  }
  const { sku, quantity, unitAmount, description } = members;
  if (!fits(sku, NAME)) list.broken(['lines', at, 'sku'], sku, NAME.rule);
  if (!isWithin(quantity, QUANTITY)) {
    list.broken(['lines', at, 'quantity'], quantity, QUANTITY.rule);
  }
  if (!isWithin(unitAmount, UNIT_AMOUNT)) {
    list.broken(['lines', at, 'unitAmount'], unitAmount, UNIT_AMOUNT.rule);
  }
  if (description !== undefined && !fits(description, DESCRIPTION)) {
    list.broken(['lines', at, 'description'], description, DESCRIPTION.rule);
  }
  list.unknown(['lines', at], members, LINE_MEMBERS);
  if (typeof sku !== 'string' || !isWhole(quantity) || !isWhole(unitAmount)) return undefined;
  if (description === undefined) return { sku, quantity, unitAmount };
  return typeof description === 'string' ? { sku, quantity, unitAmount, description } : undefined;
}

/** @returns how many members it has */
function checkMetadata(metadata: unknown, list: FaultList): number {
  if (!isObject(metadata)) {
    list.broken(['metadata'], metadata, METADATA_RULE);
    return 0;
  }
  // Also of a member named __proto__, which is one like any other.
  const members = Object.entries(metadata);
  if (members.length > METADATA_MEMBERS_MAX) list.broken(['metadata'], metadata, METADATA_RULE);
  for (const [key, value] of members) {
    if (!fits(key, METADATA_KEY)) list.add(['metadata', key], `Must ${METADATA_KEY.rule}.`);
    if (!fits(value, METADATA_VALUE))
      list.add(['metadata', key], `Must be ${METADATA_VALUE.rule}.`);
  }
  return members.length;
}
