import { awsFault } from './fault.ts';

/** A value of a template: JSON. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [name: string]: Value };

export interface Reference {
  readonly name: string;
  /** What `Fn::GetAtt` asks of it; `Ref` asks for nothing by name. */
  readonly attribute: string | undefined;
}

/** What names stand for. `undefined` is `AWS::NoValue`: the property is left out. */
export type Lookup = (reference: Reference) => string | undefined;

const IN_SUB = /\$\{(?!!)([^}]+)\}/g;

function isObject(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The function of a value that is nothing but one, and what it is given. */
function functionOf(value: Value): [string, Value] | undefined {
  if (!isObject(value)) return undefined;
  const [entry, ...rest] = Object.entries(value);
  if (entry === undefined || rest.length > 0) return undefined;
  return entry[0] === 'Ref' || entry[0].startsWith('Fn::') ? entry : undefined;
}

/** Every name that a value refers to. */
export function referencesIn(value: Value): Reference[] {
  const call = functionOf(value);
  if (call === undefined) {
    if (Array.isArray(value)) return value.flatMap(referencesIn);
    return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
  }
  const [name, given] = call;
  if (name === 'Ref') return [{ name: String(given), attribute: undefined }];
  if (name === 'Fn::GetAtt') return [attributeReference(given)];
  if (name !== 'Fn::Sub') return referencesIn(given);
  const [text, own] = subParts(given);
  const named = [...text.matchAll(IN_SUB)].map(([, inside = '']) => inside);
  const others = named.filter((inside) => !(inside in own));
  return [...others.map(subReference), ...referencesIn(own)];
}

/**
 * Puts what the names stand for into a value.
 *
 * @throws AwsFault for a function that CloudFormation does not have, or this stub does not
 */
export function resolve(value: Value, lookup: Lookup): Value | undefined {
  const call = functionOf(value);
  if (call !== undefined) return resolveCall(call, lookup);
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, lookup)).filter((item) => item !== undefined);
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, resolve(inner, lookup)]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function resolveCall([name, given]: [string, Value], lookup: Lookup): Value | undefined {
  if (name === 'Ref') return lookup({ name: String(given), attribute: undefined });
  if (name === 'Fn::GetAtt') return lookup(attributeReference(given));
  if (name === 'Fn::Sub') {
    const [text, own] = subParts(given);
    const filled = text.replace(IN_SUB, (_, inside: string) => {
      const value = own[inside];
      return String(value === undefined ? lookup(subReference(inside)) : resolve(value, lookup));
    });
    return filled.replaceAll('${!', '${');
  }
  const args = resolve(given, lookup);
  if (!Array.isArray(args))
    throw awsFault('ValidationError', `Template error: ${name} needs a list`);
  const [first, second] = args;
  if (name === 'Fn::Join' && Array.isArray(second)) return second.join(String(first));
  if (name === 'Fn::Select' && Array.isArray(second)) return second[Number(first)];
  if (name === 'Fn::Split') return String(second).split(String(first));
  throw awsFault('ValidationError', `Template error: ${name} is not known here, or wrongly given`);
}

function attributeReference(given: Value): Reference {
  const [name = '', ...attribute] = Array.isArray(given)
    ? given.map(String)
    : String(given)
        .split(/\.(.*)/s)
        .slice(0, 2);
  return { name, attribute: attribute.join('.') };
}

function subReference(inside: string): Reference {
  const [name = '', attribute] = inside.split(/\.(.*)/s);
  return { name, attribute };
}

function subParts(given: Value): [string, { readonly [name: string]: Value }] {
  if (!Array.isArray(given)) return [String(given), {}];
  const [text = '', own = {}] = given;
  return [String(text), isObject(own) ? own : {}];
}
