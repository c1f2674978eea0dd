/** A CloudFormation template, as far as the tests look at it. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

/** What a template says another resource, or a fact of the stack, for. */
export interface Reference {
  /** A logical id, or a pseudo parameter such as `AWS::Region`. */
  readonly target: string;
  /** Of `Fn::GetAtt`, and of `Fn::Sub` where it asks for one. */
  readonly attribute?: string;
}

/** An object with one member, whose value CloudFormation works out. */
export function isFunction(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && (key === 'Ref' || key?.startsWith('Fn::') === true);
}

/** Everything that a part of a template refers to. */
export function referencesIn(value: unknown): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!isFunction(value)) return Object.values(value).flatMap(referencesIn);
  const [[name, argument] = []] = Object.entries(value);
  if (name === 'Ref') return [{ target: String(argument) }];
  if (name === 'Fn::GetAtt') {
    const [target = '', attribute = ''] = argument as string[];
    return [{ target, attribute }];
  }
  if (name === 'Fn::Sub' && typeof argument === 'string') {
    return [...argument.matchAll(/\$\{([^}.]+)(?:\.([^}]+))?\}/g)].map(
      ([, target = '', attribute]) => ({ target, ...(attribute && { attribute }) }),
    );
  }
  return referencesIn(argument);
}

/** What of the same template a resource needs before it can be made. */
export function needsOf({ Properties, DependsOn = [] }: Resource): string[] {
  const named = referencesIn(Properties).map(({ target }) => target);
  return [...named.filter((target) => !target.startsWith('AWS::')), ...[DependsOn].flat()];
}

/** The resources of a type, by logical id. */
export function resourcesOf({ Resources }: Template, type: string): [string, Resource][] {
  return Object.entries(Resources).filter(([, { Type }]) => Type === type);
}
