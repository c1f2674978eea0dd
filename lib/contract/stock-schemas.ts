import * as z from 'zod/mini';
import { grouped, must } from '../orders/faults.ts';
import { NAME } from '../orders/rules.ts';
import { count, problemSchema } from './schemas.ts';

/** The most units of one change, and of what is in stock of one SKU. */
const UNITS_MAX = 1_000_000_000;
/** The most changes of one request. */
const STOCK_CHANGES_MAX = 500;

function units(min: number) {
  const rule = must(`a whole number from ${grouped(min)} to ${grouped(UNITS_MAX)}`);
  return z.int({ ...rule, abort: true }).check(z.minimum(min, rule), z.maximum(UNITS_MAX, rule));
}

const changeMembers = {
  /** How many are left to be sold from now on. */
  available: z.optional(units(0)),
  /** How many more; fewer if it is below 0. */
  add: z.optional(units(-UNITS_MAX)),
  /** What one customer may have from now on; `null` ends a limit. */
  perCustomerMax: z.optional(z.nullable(units(1))),
};

const CHANGE_RULE = must('an object with either available or add, and perhaps perCustomerMax');
const isOneOfTwo = ({ available, add }: { available?: unknown; add?: unknown }) =>
  (available === undefined) !== (add === undefined);

/** The body of `PUT /stock/{sku}`. */
export const stockChangeSchema = z
  .strictObject(changeMembers, CHANGE_RULE)
  .check(z.refine(isOneOfTwo, CHANGE_RULE));

const ITEM_RULE = must('an object with sku, either available or add, and perhaps perCustomerMax');

const SKU_RULE = must(NAME.rule);

/** One change of many. */
export const stockItemSchema = z
  .strictObject(
    { sku: z.string(SKU_RULE).check(z.regex(NAME.pattern, SKU_RULE)), ...changeMembers },
    ITEM_RULE,
  )
  .check(z.refine(isOneOfTwo, ITEM_RULE));

const CHANGES_RULE = must(`an array of 1 to ${STOCK_CHANGES_MAX} changes`);

/** The body of `PUT /stock`; its changes are validated one by one. */
export const stockChangesSchema = z.strictObject(
  {
    stocks: z
      .array(z.unknown(), CHANGES_RULE)
      .check(z.minLength(1, CHANGES_RULE), z.maxLength(STOCK_CHANGES_MAX, CHANGES_RULE)),
  },
  must('a JSON object with stocks'),
);

const LIMIT_RULE = must('a whole number from 1 to 500');
const SORT_RULE = must('sku or available');

/** The query of `GET /stock`. Other parameters are ignored. */
export const stockQuerySchema = z.object({
  limit: z._default(
    z
      .int({ ...LIMIT_RULE, abort: true })
      .check(z.minimum(1, LIMIT_RULE), z.maximum(500, LIMIT_RULE)),
    50,
  ),
  cursor: z.optional(z.string()),
  /** `available`: the scarcest first, on one page. */
  sort: z.optional(z.enum(['sku', 'available'], SORT_RULE)),
});

/** The stock of one SKU. What was put in is `available + reserved + sold`. */
export const stockSchema = z.object({
  sku: z.string(),
  /** Below 0 only where more was promised than there is, which upkeep has found. */
  available: z.int(),
  /** Held by orders that wait, are being produced, or are dead. */
  reserved: z.int(),
  /** Of produced orders. */
  sold: z.int(),
  /** What one customer may have; `null` where there is no limit. */
  perCustomerMax: z.nullable(count),
});

export const stockPageSchema = z.object({
  stocks: z.array(stockSchema),
  nextCursor: z.nullable(z.string()),
});

const index = z.int().check(z.minimum(0), z.maximum(STOCK_CHANGES_MAX - 1));

/** A result for each change, in the request's order. */
export const stockResultsSchema = z.object({
  results: z.array(
    z.union([
      z.object({ index, status: z.literal(200), stock: stockSchema }),
      z.object({ index, status: z.literal([400, 404, 409]), problem: problemSchema }),
    ]),
  ),
});

export type StockQuery = z.infer<typeof stockQuerySchema>;
export type StockChangeBody = z.infer<typeof stockChangeSchema>;
export type StockDocument = z.infer<typeof stockSchema>;
export type StockPage = z.infer<typeof stockPageSchema>;
export type StockResults = z.infer<typeof stockResultsSchema>;
