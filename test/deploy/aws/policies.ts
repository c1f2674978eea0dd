import type { Account, Denial, Role } from './account.ts';
import { awsFault } from './fault.ts';

/** A statement of a policy, with its references resolved. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: '*' | { readonly Service?: string | readonly string[] };
  readonly Condition?: Condition;
}

interface Condition {
  readonly StringEquals?: Readonly<Record<string, string | readonly string[]>>;
}

const MANAGED: Readonly<Record<string, readonly Statement[]>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  ],
};

/** @throws AwsFault for one that is not among those that a function of this project may need */
export function managedPolicy(arn: string): readonly Statement[] {
  const statements = MANAGED[arn];
  if (statements === undefined) throw awsFault('NoSuchEntity', `Policy ${arn} does not exist.`);
  return statements;
}

/**
 * Whether a role may do something. A statement with a condition that is not known here allows
 * nothing; what it denies, it denies.
 *
 * @param context  the values that conditions may ask for
 */
export function isAllowed(
  role: Role | undefined,
  { action, resource, context = {} }: Omit<Denial, 'caller'>,
): boolean {
  const statements = [...(role?.policies.values() ?? [])].flat();
  const about = statements.filter(
    (statement) =>
      listOf(statement.Action).some((pattern) =>
        matches(pattern.toLowerCase(), action.toLowerCase()),
      ) && listOf(statement.Resource).some((pattern) => matches(pattern, resource)),
  );
  if (about.some(({ Effect }) => Effect === 'Deny')) return false;
  return about.some(({ Effect, Condition }) => Effect === 'Allow' && holds(Condition, context));
}

function holds(
  { StringEquals = {}, ...others }: Condition = {},
  context: Readonly<Record<string, string>>,
): boolean {
  if (Object.keys(others).length > 0) return false;
  return Object.entries(StringEquals).every(([key, values]) =>
    listOf(values).includes(context[key] ?? ''),
  );
}

/** Whether a service may take on a role. */
export function isTrusted(role: Role, service: string): boolean {
  return role.trusted.some(({ Effect, Action, Principal }) => {
    if (Effect !== 'Allow' || Principal === undefined || Principal === '*') return false;
    return listOf(Action).includes('sts:AssumeRole') && listOf(Principal.Service).includes(service);
  });
}

/** @throws AwsFault where the role does not allow it, which is noted */
export function authorize(account: Account, roleArn: string, denial: Denial): void {
  const { caller, action, resource } = denial;
  if (isAllowed(account.roles.get(roleArn), denial)) return;
  account.denials.push(denial);
  const who = `User: ${roleArn.replace(':role/', ':assumed-role/')}/${caller}`;
  const message = `${who} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  throw awsFault('AccessDeniedException', message);
}

/** `*` stands for any text and `?` for any character. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}
