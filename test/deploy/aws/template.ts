import { awsFault } from './fault.ts';
import { type Reference, referencesIn, type Value } from './intrinsics.ts';
import { RESOURCE_TYPES } from './resources/types.ts';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: Value };
  readonly DependsOn?: string | readonly string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: Value; readonly Export?: Value }>>;
}

const PSEUDO_PARAMETERS = [
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
];

const SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Resources', 'Outputs', 'Metadata'];

/**
 * Reads a template as CloudFormation validates it, before it makes anything of it.
 *
 * @throws AwsFault that says what is wrong, in CloudFormation's words where they are known
 */
export function readTemplate(text: string): Template {
  const template = parsed(text);
  const unknown = Object.keys(template).filter((section) => !SECTIONS.includes(section));
  if (unknown.length > 0) throw invalid(`Sections that this stub does not know: [${unknown}]`);
  const resources = Object.entries(template.Resources ?? {});
  if (resources.length === 0) {
    throw invalid('Template format error: At least one Resources member must be defined.');
  }
  if (resources.length > 500) {
    throw invalid(
      'Template format error: Number of resources is greater than maximum allowed, 500',
    );
  }
  const types = resources.map(([, { Type }]) => Type).filter((type) => !(type in RESOURCE_TYPES));
  if (types.length > 0) {
    throw invalid(`Template format error: Unrecognized resource types: [${[...new Set(types)]}]`);
  }
  const names = [...Object.values(template.Resources), ...Object.values(template.Outputs ?? {})];
  for (const value of names) checkReferences(template, value);
  creationOrder(template);
  return template;
}

function parsed(text: string): Template {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('Template format error: JSON not well-formed.');
  }
}

function checkReferences({ Resources }: Template, value: object): void {
  const { DependsOn, ...rest } = value as TemplateResource;
  const missing: string[] = [DependsOn ?? []].flat().filter((name) => !(name in Resources));
  for (const { name, attribute } of referencesIn(rest as unknown as Value)) {
    const resource = Resources[name];
    if (resource === undefined && !PSEUDO_PARAMETERS.includes(name)) missing.push(name);
    if (attribute === undefined || resource === undefined) continue;
    if (!RESOURCE_TYPES[resource.Type]?.attributes.includes(attribute)) {
      const what = `Requested attribute ${attribute} does not exist in schema for ${resource.Type}`;
      throw invalid(`Template error: resource ${name}: ${what}`);
    }
  }
  if (missing.length === 0) return;
  const which = `[${[...new Set(missing)].join(', ')}]`;
  throw invalid(`Template format error: Unresolved resource dependencies ${which} in the template`);
}

/**
 * The resources, each after those that it needs.
 *
 * @throws AwsFault where some need each other
 */
export function creationOrder({ Resources }: Template): string[] {
  const waiting = new Map(
    Object.entries(Resources).map(([name, resource]) => [name, new Set(needsOf(resource))]),
  );
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needs]) =>
      [...needs].every((need) => !waiting.has(need)),
    );
    if (ready.length === 0) {
      throw invalid(`Circular dependency between resources: [${[...waiting.keys()].join(', ')}]`);
    }
    for (const [name] of ready) {
      waiting.delete(name);
      order.push(name);
    }
  }
  return order;
}

function needsOf({ DependsOn, Properties = {} }: TemplateResource): string[] {
  const names = referencesIn(Properties).map(({ name }: Reference) => name);
  return [...names, ...[DependsOn ?? []].flat()].filter((name) => !name.startsWith('AWS::'));
}

function invalid(message: string) {
  return awsFault('ValidationError', message);
}
