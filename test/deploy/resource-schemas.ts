import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties } from '@aws-cdk/service-spec-types';
import { isFunction, referencesIn, type Template } from './template.ts';

/**
 * AWS's own description of every type of resource that CloudFormation knows, as the CDK's code is
 * generated from it.
 */
const database = loadAwsServiceSpecSync();

const resourceOf = (type: string) =>
  database.lookup('resource', 'cloudFormationType', 'equals', type)[0];

/**
 * What CloudFormation would refuse of a template: types, properties and attributes that there are
 * not, required properties that are missing, values of a wrong type or outside their enumeration.
 *
 * @returns a sentence for each, none where all is well
 */
export function schemaFaults({ Resources, Outputs }: Template): string[] {
  const faults = Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    const resource = resourceOf(Type);
    if (resource === undefined) return [`${id}: no resource is of the type ${Type}`];
    return propertyFaults(id, Properties ?? {}, resource.properties);
  });
  const attributes = referencesIn([Resources, Outputs]).flatMap(({ target, attribute }) => {
    const type = Resources[target]?.Type;
    if (attribute === undefined || type === undefined) return [];
    const isKnown = Object.hasOwn(resourceOf(type)?.attributes ?? {}, attribute);
    return isKnown ? [] : [`${target}: ${type} has no attribute ${attribute}`];
  });
  return [...faults, ...attributes];
}

function propertyFaults(at: string, values: object, properties: ResourceProperties): string[] {
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required === true && !Object.hasOwn(values, name))
    .map(([name]) => `${at}: ${name} is missing`);
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    const property = properties[name];
    if (property === undefined) return [`${at}: there is no property ${name}`];
    const types = [property.type, ...(property.previousTypes ?? [])];
    return faultsOfAny(`${at}.${name}`, value, types);
  });
  return [...missing, ...wrong];
}

/** None where the value is right for one of the types; else what is wrong with it as the first. */
function faultsOfAny(at: string, value: unknown, types: readonly PropertyType[]): string[] {
  const faults = types.map((type) => valueFaults(at, value, type));
  return faults.some((found) => found.length === 0) ? [] : (faults[0] ?? []);
}

function valueFaults(at: string, value: unknown, type: PropertyType): string[] {
  if (isFunction(value) || type.type === 'json') return [];
  switch (type.type) {
    case 'string':
    case 'date-time':
    case 'number':
    case 'integer':
    case 'boolean':
      return scalarFaults(at, value, type);
    case 'array':
      if (!Array.isArray(value)) return [`${at}: must be a list`];
      return value.flatMap((item, index) => valueFaults(`${at}[${index}]`, item, type.element));
    case 'map':
      if (!isObject(value)) return [`${at}: must be an object`];
      return Object.entries(value).flatMap(([key, item]) =>
        valueFaults(`${at}.${key}`, item, type.element),
      );
    case 'union':
      return faultsOfAny(at, value, type.types);
    case 'tag':
      return isTag(value) ? [] : [`${at}: must be a tag`];
    case 'ref':
      if (!isObject(value)) return [`${at}: must be an object`];
      return propertyFaults(at, value, database.get('typeDefinition', type.reference).properties);
    default:
      return [`${at}: must be nothing`];
  }
}

function scalarFaults(at: string, value: unknown, type: PropertyType): string[] {
  const isRight = {
    string: typeof value === 'string',
    'date-time': typeof value === 'string',
    number: typeof value === 'number',
    integer: Number.isInteger(value),
    boolean: typeof value === 'boolean',
  }[type.type as string];
  if (!isRight) return [`${at}: must be of the type ${type.type}`];
  const allowed: readonly unknown[] | undefined =
    'allowedValues' in type ? type.allowedValues : undefined;
  return allowed === undefined || allowed.includes(value)
    ? []
    : [`${at}: ${value} is none of ${allowed.join(', ')}`];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTag(value: unknown): boolean {
  return isObject(value) && Object.keys(value).sort().join() === 'Key,Value';
}
