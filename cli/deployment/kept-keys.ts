import { type ApiKey, checkKeys } from '../../lib/http/api-keys.ts';
import { CommandFailure, usageFailure } from '../failure.ts';
import { table } from '../text.ts';
import type { Deployment } from './deployment.ts';

const NAME = 'SLUICE_API_KEYS';
/** A secret may hold 64 KB; Redis' address and token have room beside these. */
const KEYS_BYTES_MAX = 60_000;

/** Adds a key to those of a deployment. */
export async function keepKey(deployment: Deployment, entry: ApiKey): Promise<void> {
  await changeKeys(deployment, (keys) => [...keys, entry]);
}

/** The keys that a deployment has. */
export async function keptKeys({ secrets }: Deployment): Promise<readonly ApiKey[]> {
  return keysIn((await secrets.readAll())[NAME]);
}

/** `keys list`: who may call, by the first digits of the digests. */
export async function keysListCommand(deployment: Deployment): Promise<void> {
  const keys = await keptKeys(deployment);
  if (keys.length === 0) {
    const { stage, region } = deployment;
    process.stdout.write(`The stage ${stage.name} has no API keys in ${region}.\n`);
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
      const { stage, region } = deployment;
      throw new CommandFailure(
        `${found.length} keys of the stage ${stage.name} in ${region} begin with ${digits}; keys list shows all.`,
      );
    }
    revoked = `${found[0]?.client}, ${found[0]?.sha256.slice(0, 12)}`;
    const rest = keys.filter((key) => key !== found[0]);
    if (rest.length === 0) {
      throw new CommandFailure(
        'It is the only key: without any, nobody may call. Make another one first.',
      );
    }
    return rest;
  });
  process.stdout.write(
    `The key (${revoked}) is revoked. It stops working within five minutes, unless a function cannot\n` +
      'reach Secrets Manager: that one goes on with the keys it knows until it can.\n',
  );
}

async function changeKeys(
  { secrets }: Deployment,
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): Promise<void> {
  await secrets.change(NAME, (text) => {
    const changed = JSON.stringify(change(keysIn(text)));
    if (Buffer.byteLength(changed) <= KEYS_BYTES_MAX) return changed;
    throw new CommandFailure(
      'There are too many keys for one secret. Revoke some that nobody uses.',
    );
  });
}

function keysIn(text: string | undefined): readonly ApiKey[] {
  if (text === undefined) return [];
  try {
    const checked = checkKeys(JSON.parse(text));
    if (checked.kind === 'keys') return checked.keys;
  } catch {
    // Told below.
  }
  throw new CommandFailure(`${NAME} is not an array of keys: store a right one first.`);
}
