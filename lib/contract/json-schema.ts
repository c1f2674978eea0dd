import * as z from 'zod/mini';
import { batchItemSchema, batchSchema } from '../orders/batch.ts';
import {
  LINES_MAX,
  lineSchema,
  METADATA_KEY,
  METADATA_MEMBERS_MAX,
  METADATA_VALUE,
  metadataSchema,
  submissionSchema,
} from '../orders/submission.ts';
import { redriveSchema } from './queries.ts';
import * as answers from './schemas.ts';

export type JsonSchema = { [name: string]: unknown };

const refTo = (name: string) => `#/components/schemas/${name}`;

/** The definitions that the document names: what clients send, and what they get. */
const REQUESTS = {
  Submission: submissionSchema,
  Line: lineSchema,
  Batch: batchSchema,
  BatchOrder: batchItemSchema,
  Redrive: redriveSchema,
} as const;
const ANSWERS = {
  Receipt: answers.receiptSchema,
  Order: answers.orderSchema,
  OrderSummary: answers.orderSummarySchema,
  OrderPage: answers.orderPageSchema,
  BatchResults: answers.batchResultsSchema,
  Stats: answers.statsSchema,
  DrainReport: answers.drainReportSchema,
  Redriven: answers.redrivenSchema,
  Problem: answers.problemSchema,
} as const;

const NAMED = { ...REQUESTS, ...ANSWERS };

export type SchemaName = keyof typeof NAMED;

/** What to say of a member, and what no definition can: rules that are code. */
const { shape: submission } = submissionSchema;
const { shape: line } = lineSchema;
const { shape: summary } = answers.orderSummarySchema;
const NOTES: readonly [z.core.$ZodType, JsonSchema][] = [
  [submission.customer, { description: 'Whose order it is, as the shop knows them.' }],
  [submission.currency, { description: 'An ISO 4217 code.', pattern: '^[A-Z]{3}$' }],
  [
    submission.lines,
    {
      maxItems: LINES_MAX,
      description:
        'The total, the sum of quantity × unitAmount, must be at most 9007199254740991 (2^53 − 1).',
    },
  ],
  [submission.reference, { description: 'The merchant’s own number.' }],
  [
    submission.produceAt,
    {
      description:
        'Not produced before this time, which is up to 30 days ahead; one that has passed is now.',
      format: 'date-time',
    },
  ],
  [
    metadataSchema,
    {
      type: 'object',
      maxProperties: METADATA_MEMBERS_MAX,
      propertyNames: { pattern: METADATA_KEY.source },
      additionalProperties: { type: 'string', maxLength: 256, pattern: METADATA_VALUE.source },
    },
  ],
  [line.unitAmount, { description: 'In the currency’s minor unit, such as pence.' }],
  [batchSchema.shape.orders, { items: { $ref: refTo('BatchOrder' satisfies SchemaName) } }],
  [answers.instantSchema, { format: 'date-time' }],
  [
    summary.totalAmount,
    { description: 'Sum of quantity × unitAmount over the lines, in the currency’s minor unit.' },
  ],
  [summary.client, { description: 'Whose order it is; shown to orders:admin.' }],
  [
    summary.attempts,
    { description: 'Claims since it was accepted or redriven, without those given back untried.' },
  ],
  [summary.result, { description: 'What the producer answered, any JSON.' }],
  [
    answers.orderPageSchema.shape.nextCursor,
    { description: 'The cursor of the next page; null where there is none.' },
  ],
  [
    answers.problemSchema.shape.instance,
    { description: 'The request’s id; left out in the results of a batch.' },
  ],
  [
    answers.statsSchema.shape.oldestQueuedAgeMs,
    { description: 'Milliseconds that the order at the head of the queue has waited.' },
  ],
  [answers.statsSchema.shape.approximate, { description: 'Names the counts that are not exact.' }],
  [
    answers.drainReportSchema.shape.remaining,
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

/** JSON Schemas of the named definitions, which refer to each other as components. */
export function componentSchemas(): Record<SchemaName, JsonSchema> {
  const made = { ...schemasOf(REQUESTS, 'input'), ...schemasOf(ANSWERS, 'output') };
  return made as Record<SchemaName, JsonSchema>;
}

/** @param io  whether a member that has a default may be left out, as in a request */
function schemasOf(named: Readonly<Record<string, z.core.$ZodType>>, io: 'input' | 'output') {
  // Two registries: the one that names is asked for every schema that has a note, too.
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

/** The JSON Schema of a definition: a reference where it is a named one. */
export function schemaOf(schema: z.core.$ZodType): JsonSchema {
  const found = Object.entries(NAMED).find(([, named]) => named === schema);
  if (found !== undefined) return { $ref: refTo(found[0]) };
  return bare(z.toJSONSchema(schema as z.ZodMiniType, { metadata: registryWith({}) }));
}

function bare(schema: object): JsonSchema {
  const { $schema: _, $id: __, ...rest } = schema as JsonSchema;
  return rest;
}

/** A pattern that bounds the length says so in the words that tools know. */
function addLengths(schema: JsonSchema): void {
  const [, min, max] = /\{(\d+),(\d+)\}\$$/.exec(String(schema.pattern ?? '')) ?? [];
  if (min === undefined || max === undefined) return;
  schema.minLength = Number(min);
  schema.maxLength = Number(max);
}
