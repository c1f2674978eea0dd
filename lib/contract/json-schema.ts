import * as z from 'zod/mini';
import { METADATA_KEY, METADATA_MEMBERS_MAX, METADATA_VALUE } from '../orders/rules.ts';
import { activitySchema } from './activity-schemas.ts';
import { explanationSchema } from './explanation-schemas.ts';
import { cancelManySchema, pauseRequestSchema, redriveSchema } from './operator-queries.ts';
import * as operator from './operator-schemas.ts';
import { reasonsSchema } from './reasons-schemas.ts';
import * as answers from './schemas.ts';
import {
  batchItemSchema,
  batchSchema,
  lineSchema,
  metadataSchema,
  submissionSchema,
} from './schemas.ts';
import * as stock from './stock-schemas.ts';

export type JsonSchema = { [name: string]: unknown };

const refTo = (name: string) => `#/components/schemas/${name}`;

/** The schemas that the document names: what clients send, and what they get. */
const REQUESTS = {
  Submission: submissionSchema,
  Line: lineSchema,
  Batch: batchSchema,
  BatchOrder: batchItemSchema,
  Redrive: redriveSchema,
  StockChange: stock.stockChangeSchema,
  StockItem: stock.stockItemSchema,
  StockChanges: stock.stockChangesSchema,
  CancelMany: cancelManySchema,
  PauseRequest: pauseRequestSchema,
} as const;
const ANSWERS = {
  Receipt: answers.receiptSchema,
  Order: answers.orderSchema,
  ChangedOrder: answers.changedOrderSchema,
  OrderSummary: answers.orderSummarySchema,
  OrderPage: answers.orderPageSchema,
  BatchResults: answers.batchResultsSchema,
  Stats: operator.statsSchema,
  DrainReport: operator.drainReportSchema,
  Redriven: operator.redrivenSchema,
  Stock: stock.stockSchema,
  StockPage: stock.stockPageSchema,
  StockResults: stock.stockResultsSchema,
  Canceled: operator.canceledSchema,
  Pause: operator.pauseSchema,
  Activity: activitySchema,
  Explanation: explanationSchema,
  Reasons: reasonsSchema,
  Resumed: operator.resumedSchema,
  Me: answers.meSchema,
  Problem: answers.problemSchema,
} as const;

const NAMED = { ...REQUESTS, ...ANSWERS };

export type SchemaName = keyof typeof NAMED;

/** Descriptions of members, and rules that are code and that no schema can express. */
const { shape: submission } = submissionSchema;
const { shape: line } = lineSchema;
const { shape: summary } = answers.orderSummarySchema;
const NOTES: readonly [z.core.$ZodType, JsonSchema][] = [
  [submission.customer, { description: 'The customer, as the shop knows them.' }],
  [submission.currency, { description: 'An ISO 4217 code.', pattern: '^[A-Z]{3}$' }],
  [
    submission.lines,
    {
      description:
        'The total, the sum of quantity × unitAmount, must be at most 9007199254740991 (2^53 − 1).',
    },
  ],
  [submission.reference, { description: 'The merchant’s own number.' }],
  [
    submission.produceAt,
    {
      description:
        'Not produced before this time, at most 30 days ahead. A time that has passed means now.',
      format: 'date-time',
    },
  ],
  [
    metadataSchema,
    {
      type: 'object',
      maxProperties: METADATA_MEMBERS_MAX,
      propertyNames: { pattern: METADATA_KEY.pattern.source },
      additionalProperties: {
        type: 'string',
        maxLength: 256,
        pattern: METADATA_VALUE.pattern.source,
      },
    },
  ],
  [line.unitAmount, { description: 'In the currency’s minor unit, such as pence.' }],
  [batchSchema.shape.orders, { items: { $ref: refTo('BatchOrder' satisfies SchemaName) } }],
  [
    stock.stockChangesSchema.shape.stocks,
    { items: { $ref: refTo('StockItem' satisfies SchemaName) } },
  ],
  [answers.instantSchema, { format: 'date-time' }],
  [
    summary.totalAmount,
    { description: 'Sum of quantity × unitAmount over the lines, in the currency’s minor unit.' },
  ],
  [summary.client, { description: 'The client that submitted it. Shown to orders:admin.' }],
  [
    summary.attempts,
    {
      description: 'Claims since it was accepted or redriven, except those given back untried.',
    },
  ],
  [summary.result, { description: 'What the producer returned. Any JSON.' }],
  [
    answers.orderPageSchema.shape.nextCursor,
    { description: 'The cursor of the next page, or null if there is none.' },
  ],
  [
    answers.orderPageSchema.shape.examined,
    { description: 'How many orders the request read to fill this page.' },
  ],
  [summary.nextAttemptAt, { description: 'When it is tried again after a failed attempt.' }],
  [summary.history, { description: 'Earlier failed attempts, newest first.' }],
  [
    answers.problemSchema.shape.instance,
    { description: 'The request id. Left out in the results of a batch.' },
  ],
  [
    operator.statsSchema.shape.oldestQueuedAgeMs,
    { description: 'How long the oldest ready order has waited, milliseconds.' },
  ],
  [
    operator.statsSchema.shape.approximate,
    { description: 'Names of the counts that are not exact.' },
  ],
  [
    answers.meSchema.shape.limits.shape.ordersPerMinute,
    { description: 'Any other request counts as one. Null where that is not limited.' },
  ],
  [
    operator.drainReportSchema.shape.remaining,
    { description: 'Orders that are ready and were not claimed.' },
  ],
];

type Registry = z.core.$ZodRegistry<JsonSchema & { id?: string | undefined }>;

function registryWith(names: Readonly<Record<string, z.core.$ZodType>>): Registry {
  const registry: Registry = z.registry<JsonSchema & { id?: string | undefined }>();
  for (const [schema, note] of NOTES) registry.add(schema, note);
  for (const [id, schema] of Object.entries(names)) {
    registry.add(schema, { ...registry.get(schema), id });
  }
  return registry;
}

/** The JSON Schemas of the named definitions; they refer to each other as components. */
export function componentSchemas(): Record<SchemaName, JsonSchema> {
  const made = { ...schemasOf(REQUESTS, 'input'), ...schemasOf(ANSWERS, 'output') };
  return made as Record<SchemaName, JsonSchema>;
}

/** @param io  `input`: members with a default may be left out, as in a request */
function schemasOf(named: Readonly<Record<string, z.core.$ZodType>>, io: 'input' | 'output') {
  // Two registries, because the one with the names is also asked for every schema with a note.
  const identities = z.registry<{ id?: string | undefined }>();
  for (const [id, schema] of Object.entries(named)) identities.add(schema, { id });
  const { schemas } = z.toJSONSchema(identities, {
    io,
    metadata: registryWith(named),
    uri: refTo,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => addLengths(jsonSchema as JsonSchema),
  });
  const entries = Object.entries(schemas).map(([name, schema]) => [name, bare(schema)] as const);
  return Object.fromEntries(entries);
}

/** The JSON Schema of a definition, or a reference to it if it has a name. */
export function schemaOf(schema: z.core.$ZodType): JsonSchema {
  const found = Object.entries(NAMED).find(([, named]) => named === schema);
  if (found !== undefined) return { $ref: refTo(found[0]) };
  return bare(z.toJSONSchema(schema as z.ZodMiniType, { metadata: registryWith({}) }));
}

function bare(schema: object): JsonSchema {
  const { $schema: _, $id: __, ...rest } = schema as JsonSchema;
  return rest;
}

/** States the length that a pattern implies in the keywords that tools know. */
function addLengths(schema: JsonSchema): void {
  const [, min, max] = /\{(\d+),(\d+)\}\$$/.exec(String(schema.pattern ?? '')) ?? [];
  if (min === undefined || max === undefined) return;
  schema.minLength = Number(min);
  schema.maxLength = Number(max);
}
