import { EXAMPLES } from './examples.ts';
import { componentSchemas, type JsonSchema, schemaOf } from './json-schema.ts';
import { COMMON_PROBLEMS, type Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { PROBLEMS, type ProblemType } from './problems.ts';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/**
 * The description of the API, made from the definitions that validate requests and type answers.
 * `npm run generate` writes it to `docs/openapi.json`.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(version: string) {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sluice',
      version,
      description:
        'Accepts orders at the speed of Redis and produces them in the background, in batches. ' +
        'Amounts are integers in the currency’s minor unit. Times are RFC 3339 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The deployment that serves this document.' }],
    security: [{ apiKey: [] }],
    tags: [
      { name: 'Orders', description: 'For the systems that submit orders.' },
      { name: 'Operate', description: 'For operators.' },
    ],
    paths: paths(),
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key. Its scopes are orders:write, orders:read or orders:admin. orders:admin ' +
            'implies the other two, for the orders of all clients.',
        },
      },
      headers: HEADERS,
      responses: problemResponses(),
      schemas: componentSchemas(),
    },
  };
}

function paths() {
  const made: Record<string, Record<string, unknown>> = {};
  for (const [key, operation] of Object.entries<Operation>(OPERATIONS)) {
    const [method = '', path = ''] = key.split(' ');
    made[path] = { ...made[path], [method.toLowerCase()]: operationObject(key, operation) };
  }
  return made;
}

function operationObject(key: string, operation: Operation) {
  const { summary, description, tag, scope, body } = operation;
  const needs = scope === 'any' ? 'Needs any valid key.' : `Needs the scope \`${scope}\`.`;
  return {
    operationId: operationIdOf(key),
    tags: [tag],
    summary,
    description: description === undefined ? needs : `${description} ${needs}`,
    parameters: parametersOf(key, operation),
    ...(body && {
      requestBody: {
        required: body.isOptional !== true,
        content: { [JSON_TYPE]: { schema: schemaOf(body.schema), ...exampleOf(key, 'request') } },
      },
    }),
    responses: responsesOf(key, operation),
  };
}

/** `GET /orders/{id}` is `getOrdersById`, a name that generated clients can use. */
function operationIdOf(key: string): string {
  const [method = '', path = ''] = key.split(' ');
  const words = path
    .replace('.', '/')
    .split(/[/-]/)
    .filter((word) => word !== '')
    .flatMap((word) => (word.startsWith('{') ? `by-${word.slice(1, -1)}` : word).split('-'));
  return [method.toLowerCase(), ...words.map(capitalized)].join('');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const PARAMETERS = {
  'Idempotency-Key': {
    required: true,
    description:
      '1 to 255 printable ASCII characters without a space at either end, bare or as a quoted ' +
      'structured-field string. It identifies the order as long as the order is kept.',
    schema: { type: 'string', minLength: 1, maxLength: 512 },
    example: '536365',
  },
  'If-None-Match': {
    required: false,
    description: 'An `ETag` from an earlier answer: 304 if the order has not changed since.',
    schema: { type: 'string' },
  },
} as const;

const CHANGE_KEY = {
  required: false,
  description: '1 to 255 printable ASCII characters. It identifies the change.',
} as const;

/** What identifies a thing in a path. */
const IN_PATH = { id: EXAMPLES.id, sku: '85123A' } as const;

function parametersOf(key: string, { headers = [], query, isKeyOptional }: Operation) {
  const inPath = Object.entries(IN_PATH)
    .filter(([name]) => key.includes(`{${name}}`))
    .map(([name, example]) => {
      return { name, in: 'path', required: true, schema: { type: 'string' }, example };
    });
  const inHeader = headers.map((name) => ({
    ...{ name, in: 'header', ...PARAMETERS[name] },
    ...(name === 'Idempotency-Key' && isKeyOptional && { ...CHANGE_KEY }),
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema),
  }));
  return [...inPath, ...inHeader, ...inQuery];
}

const HEADERS = {
  'X-Request-Id': {
    description:
      'The id that the request sent, if it is 1–128 characters of `A-Za-z0-9._-`; otherwise a new one.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' },
  },
  'X-Redis-Commands': {
    description: 'How many Redis commands the request was billed: exact, or typical of a script.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  Location: {
    description: 'The path of the order.',
    required: true,
    schema: { type: 'string', pattern: '^/orders/ord_[0-9a-v]{32}$' },
  },
  'Idempotent-Replayed': {
    description: 'Present if an earlier request submitted this order.',
    schema: { const: 'true' },
  },
  ETag: {
    description: 'Changes whenever the order does.',
    required: true,
    schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]+"$' },
  },
  'Retry-After': {
    description: 'Seconds to wait before trying again.',
    required: true,
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'WWW-Authenticate': { required: true, schema: { const: 'Bearer' } },
};

function headersNamed(names: readonly string[]) {
  const all = ['X-Request-Id', 'X-Redis-Commands', ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function responsesOf(key: string, { answer, problems }: Operation) {
  const { status, description, schema, headers = [] } = answer;
  const content = schema
    ? { schema: schemaOf(schema), ...exampleOf(key, 'answer') }
    : { schema: {} };
  const refusals = problemsByStatus(problems).map((types) => [
    PROBLEMS[types[0]].status,
    { $ref: `#/components/responses/${responseNameOf(types)}` },
  ]);
  return {
    [status]: {
      description,
      headers: headersNamed(headers),
      ...(status !== 204 && { content: { [JSON_TYPE]: content } }),
    },
    ...(headers.includes('ETag') && {
      304: { description: 'The order has not changed.', headers: headersNamed(['ETag']) },
    }),
    ...Object.fromEntries(refusals),
  };
}

/** The types of one status, one or more. */
type Types = readonly [ProblemType, ...ProblemType[]];

function problemsByStatus(own: readonly ProblemType[]): Types[] {
  const byStatus = Map.groupBy([...own, ...COMMON_PROBLEMS], (type) => PROBLEMS[type].status);
  const statuses = [...byStatus].toSorted(([one], [other]) => one - other);
  return statuses.map(([, types]) => types as unknown as Types);
}

function responseNameOf(types: Types): string {
  const names = types.map((type) => type.split('-').map(capitalized).join(''));
  return names.join('Or');
}

/** Each set of problems that some route answers with one status. */
function problemResponses() {
  const sets = Object.values<Operation>(OPERATIONS).flatMap(({ problems }) =>
    problemsByStatus(problems),
  );
  return Object.fromEntries(sets.map((types) => [responseNameOf(types), problemResponse(types)]));
}

function problemResponse(types: Types) {
  const { status } = PROBLEMS[types[0]];
  const headers = status === 401 ? ['WWW-Authenticate'] : [];
  if (status === 429 || status === 503) headers.push('Retry-After');
  const examples = types.map((type) => [type, { value: EXAMPLES.problem(type) }]);
  return {
    description: types.map((type) => `\`${type}\`: ${PROBLEMS[type].title}.`).join(' '),
    headers: headersNamed(headers),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function exampleOf(key: string, part: 'request' | 'answer'): JsonSchema {
  const example = EXAMPLES[part][key];
  return example === undefined ? {} : { example };
}
