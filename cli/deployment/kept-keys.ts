import { type ApiKey, apiKeysSchema } from '../../lib/http/api-keys.ts';
import { Failure, usageFailure } from '../failure.ts';
import { table } from '../text.ts';
import { type Deployment, parameterStore } from './parameters.ts';

const NAME = 'SLUICE_API_KEYS';

/** Adds a key to those of a deployment. */
export async function keepKey(deployment: Deployment, entry: ApiKey): Promise<void> {
  await changeKeys(deployment, (keys) => [...keys, entry]);
}

/** `keys list`: who may call, by the first digits of the digests. */
export async function keysListCommand(deployment: Deployment): Promise<void> {
  const kept = await parameterStore(deployment).read(NAME);
  const keys = keysIn(kept?.value);
  if (keys.length === 0) {
    process.stdout.write(`There are none under ${deployment.path} in ${deployment.region}.\n`);
    return;
  }
  const rows = keys.map(({ client, scopes, sha256 }) => [
    client,
    scopes.join(','),
    sha256.slice(0, 12),
  ]);
  process.stdout.write(table([['client', 'scopes', 'sha256'], ...rows]));
}

/**
 * `keys revoke`: takes a key away from a deployment.
 *
 * @param digits  of its digest, from the first on: enough to tell it from the others
 */
export async function keysRevokeCommand(digits: string, deployment: Deployment): Promise<void> {
  if (!/^[0-9a-f]{4,64}$/.test(digits)) {
    throw usageFailure('Give 4 digits of its digest or more, as keys list shows them.');
  }
  let revoked = '';
  await changeKeys(deployment, (keys) => {
    const found = keys.filter(({ sha256 }) => sha256.startsWith(digits));
    if (found.length !== 1) {
      throw new Failure(
        `${found.length} keys begin with ${digits} under ${deployment.path} in ${deployment.region}; keys list shows all.`,
      );
    }
    revoked = `${found[0]?.client}, ${found[0]?.sha256.slice(0, 12)}`;
    const rest = keys.filter((key) => key !== found[0]);
    if (rest.length === 0) {
      throw new Failure(
        'It is the only key: without any, nobody may call. Make another one first.',
      );
    }
    return rest;
  });
  process.stdout.write(
    `The key (${revoked}) is taken away; it works for five minutes more at most.\n`,
  );
}

/** How often the keys are put again where somebody comes between each time. */
const TRIES_MAX = 5;

/**
 * Parameters know no condition for a change: the version tells whether somebody came between. Then
 * theirs is the version before this one, and the change is made to that.
 */
async function changeKeys(
  deployment: Deployment,
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): Promise<void> {
  const store = parameterStore(deployment);
  const put = (keys: readonly ApiKey[]) => store.put(NAME, JSON.stringify(keys));
  const kept = await store.read(NAME);
  let expected = (kept?.version ?? 0) + 1;
  let version = await put(change(keysIn(kept?.value)));
  for (let tries = 1; version !== expected; tries += 1) {
    const theirs = keysIn((await store.read(`${NAME}:${version - 1}`))?.value);
    expected = version + 1;
    version = await put(changedOrLeft(theirs, change));
    if (tries === TRIES_MAX) {
      throw new Failure(
        'Others change the keys all the time: look with keys list what has become of it.',
      );
    }
  }
}

/** What can no longer be changed so, as it is gone already, is left as they have it. */
function changedOrLeft(
  keys: readonly ApiKey[],
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): readonly ApiKey[] {
  try {
    return change(keys);
  } catch {
    return keys;
  }
}

function keysIn(text: string | undefined): readonly ApiKey[] {
  if (text === undefined) return [];
  try {
    return apiKeysSchema.parse(JSON.parse(text), { jitless: true });
  } catch {
    throw new Failure(`What stands in ${NAME} is no array of keys: store a right one first.`);
  }
}
