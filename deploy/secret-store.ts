import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

/** The variables of one secret. */
export type SecretValues = Readonly<Record<string, string>>;

export interface StoredSecret {
  readonly values: SecretValues;
  readonly versionId: string;
}

/** Stands before the names of a secret's variables in its description. */
const DESCRIPTION = 'Sluice: ';
/** The version that is about to become the current one. */
const PENDING = 'SLUICE_PENDING';
const CURRENT = 'AWSCURRENT';
const TRIES_MAX = 8;

/** Others change the same secret all the time. */
export class SecretContended extends Error {
  override readonly name = 'SecretContended';
}

/** A secret holds no JSON object of texts. */
export class SecretMalformed extends Error {
  override readonly name = 'SecretMalformed';
}

export interface SecretStoreOptions extends SecretsManagerClientConfig {
  /** A KMS key of your own, for secrets that are made here. */
  readonly kmsKey?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

export type SecretStore = ReturnType<typeof secretStore>;

/**
 * The secrets of a stage in Secrets Manager. Each is a JSON object of variables, whose names also stand
 * in its description, so that whoever may not read the values can tell whether one is missing.
 */
export function secretStore({ kmsKey, tags = {}, ...config }: SecretStoreOptions) {
  const client = new SecretsManagerClient(config);

  async function read(SecretId: string): Promise<StoredSecret | undefined> {
    try {
      const found = await client.send(new GetSecretValueCommand({ SecretId }));
      return {
        values: valuesIn(SecretId, found.SecretString ?? ''),
        versionId: found.VersionId ?? '',
      };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  async function create(Name: string, values: SecretValues): Promise<boolean> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const request = new CreateSecretCommand({
      Name,
      Description: descriptionOf(values),
      SecretString: JSON.stringify(values),
      ...(Tags.length > 0 && { Tags }),
      ...(kmsKey && { KmsKeyId: kmsKey }),
    });
    return isDoneUnless('ResourceExistsException', client.send(request));
  }

  /** @returns false where somebody else has put another version since `from` was read */
  async function replace(SecretId: string, from: string, values: SecretValues): Promise<boolean> {
    const put = new PutSecretValueCommand({
      SecretId,
      SecretString: JSON.stringify(values),
      VersionStages: [PENDING],
    });
    const { VersionId } = await client.send(put);
    const swap = new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: CURRENT,
      MoveToVersionId: VersionId,
      // Secrets Manager refuses where the label is on another version by now.
      RemoveFromVersionId: from,
    });
    return isDoneUnless('InvalidParameterException', client.send(swap));
  }

  return {
    read,

    /** The names of its variables, where they are told; `undefined` for a secret that there is not. */
    async describe(SecretId: string) {
      try {
        const found = await client.send(new DescribeSecretCommand({ SecretId }));
        const { Description = '', LastChangedDate: changedAt } = found;
        return { names: namesIn(Description), changedAt };
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },

    /**
     * Changes a secret, or makes it. What others change meanwhile is kept: the change is then made
     * again, to theirs.
     *
     * @throws SecretContended
     */
    async change(name: string, change: (values: SecretValues) => SecretValues): Promise<void> {
      for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
        const stored = await read(name);
        const changed = change(stored?.values ?? {});
        const isDone = stored
          ? await replace(name, stored.versionId, changed)
          : await create(name, changed);
        if (!isDone) continue;
        if (stored) await describeAs(name);
        return;
      }
      throw new SecretContended(`The secret ${name} is being changed by others all the time.`);
    },
  };

  /** After a change: read anew, as another change may have come since. */
  async function describeAs(SecretId: string): Promise<void> {
    const Description = descriptionOf((await read(SecretId))?.values ?? {});
    await client.send(new UpdateSecretCommand({ SecretId, Description }));
  }
}

async function isDoneUnless(errorName: string, request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if ((error as Error).name === errorName) return false;
    throw error;
  }
}

function descriptionOf(values: SecretValues): string {
  return DESCRIPTION + Object.keys(values).sort().join(', ');
}

function namesIn(description: string): readonly string[] | undefined {
  if (!description.startsWith(DESCRIPTION)) return undefined;
  return description.slice(DESCRIPTION.length).split(', ');
}

function valuesIn(name: string, text: string): SecretValues {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    if (isObject && Object.values(parsed).every((value) => typeof value === 'string')) {
      return parsed as SecretValues;
    }
  } catch {
    // Told below.
  }
  throw new SecretMalformed(
    `The secret ${name} is not a JSON object of variables and their values, all of them texts.`,
  );
}
