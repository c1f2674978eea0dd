import { text } from 'node:stream/consumers';
import { usageFailure } from '../failure.ts';
import { table } from '../text.ts';
import type { Deployment } from './deployment.ts';
import { checkSecret, KNOWN_SECRETS } from './secret-values.ts';

/**
 * `secrets put`: stores secrets of a deployment from the environment, or one from standard input, so
 * that it is in no shell's history. All are checked before the first is stored.
 */
export async function secretsPutCommand(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
  { secrets }: Deployment,
  { stdin = false }: { readonly stdin?: boolean } = {},
): Promise<void> {
  if (stdin && names.length !== 1) throw usageFailure('Give the one NAME that --stdin is for.');
  const given = names.length > 0 ? names : KNOWN_SECRETS.filter((name) => env[name]);
  if (given.length === 0) {
    throw usageFailure(`Give a name, or set one of these first:\n  ${KNOWN_SECRETS.join('\n  ')}`);
  }
  const values = new Map<string, string>();
  for (const name of given) {
    const value = stdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : env[name];
    if (!value) {
      throw usageFailure(
        stdin ? `${name} is empty.` : `${name} is not set; --stdin takes it from standard input.`,
      );
    }
    checkSecret(name, value);
    values.set(name, value);
  }
  await secrets.put(Object.fromEntries(values));
  for (const name of values.keys()) {
    const remark = KNOWN_SECRETS.includes(name) ? '' : ' (only a producer of your own reads it)';
    process.stdout.write(`${name} is in ${secrets.nameOf(name)}${remark}\n`);
  }
  process.stdout.write('Running functions take it within five minutes.\n');
}

/** `secrets list`: which secrets a deployment has, without their values. */
export async function secretsListCommand({ stage, region, secrets }: Deployment): Promise<void> {
  const found = await secrets.list();
  const rows = found.map(({ name, changedAt }) => [
    name,
    secrets.nameOf(name),
    changedAt?.toISOString() ?? '',
  ]);
  process.stdout.write(
    rows.length === 0
      ? `The stage ${stage.name} has no secrets in ${region}.\n`
      : table([['name', 'secret', 'changed'], ...rows]),
  );
}
