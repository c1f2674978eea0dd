import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ROOT } from './source-files.ts';

interface Described {
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** What a client gets, as far as the document describes it. */
export interface Received {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const document = JSON.parse(readFileSync(`${ROOT}/docs/openapi.json`, 'utf8'));
// It is a document and no schema: its words beside the schemas are none that Ajv knows.
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

const validators = new Map<string, ValidateFunction>();

export function validatorOf(pointer: string): ValidateFunction {
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
  validators.set(pointer, known);
  return known;
}

/** Headers of HTTP itself, which no response of the document has to name. */
const UNNAMED = new Set(['content-type', 'content-length', 'cache-control', 'date', 'connection']);

/**
 * Says how a response differs from what `docs/openapi.json` says of its route: its status, its
 * content type, each header and the body.
 *
 * @param routeKey  such as `GET /orders/{id}`
 * @returns a sentence for each difference
 */
export function differencesFrom(routeKey: string, received: Received): string[] {
  const [method = '', path = ''] = routeKey.split(' ');
  const pointer = `/paths/${escaped(path)}/${method.toLowerCase()}/responses/${received.status}`;
  const [response, at] = resolved(pointer);
  if (response === undefined) return [`${routeKey} may not answer ${received.status}`];
  return [...headerDifferences(response, received), ...bodyDifferences(response, at, received)];
}

function resolved(pointer: string): [Described | undefined, string] {
  const found = at(pointer);
  const ref: string | undefined = found?.$ref;
  return ref === undefined ? [found, pointer] : resolved(ref.slice(1));
}

function at(pointer: string) {
  const names = pointer.split('/').slice(1);
  return names.reduce(
    (value, name) => value?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function headerDifferences({ headers = {} }: Described, received: Received): string[] {
  const named = new Map(
    Object.entries(headers).map(([name, { $ref }]) => [name.toLowerCase(), $ref.slice(1)]),
  );
  const unknown = Object.keys(received.headers).filter(
    (name) => !named.has(name) && !UNNAMED.has(name),
  );
  const wrong = [...named].flatMap(([name, pointer]) => {
    const value = received.headers[name];
    if (value === undefined) return at(pointer).required ? [`the header ${name} is missing`] : [];
    const isValid = validatorOf(`${pointer}/schema`)(value);
    return isValid ? [] : [`the header ${name} is "${value}"`];
  });
  return [...unknown.map((name) => `the header ${name} is not described`), ...wrong];
}

function bodyDifferences({ content }: Described, pointer: string, received: Received): string[] {
  const [type] = Object.keys(content ?? {});
  if (type === undefined) return received.text === '' ? [] : ['it has a body'];
  const sentType = received.headers['content-type'];
  if (sentType !== type) return [`its content type is ${sentType} and not ${type}`];
  const validate = validatorOf(`${pointer}/content/${escaped(type)}/schema`);
  if (validate(JSON.parse(received.text))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
