import {
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { Failure } from '../failure.ts';

/** A deployment, as far as its secrets go. */
export interface Deployment {
  readonly stage: string;
  readonly region: string;
  /** Stands before the names of its parameters, such as `/sluice/prod`. */
  readonly path: string;
  /** The key that encrypts them, where it is not the account's own for parameters. */
  readonly kmsKey?: string | undefined;
}

export interface KeptValue {
  readonly value: string;
  /** Grows with each change. */
  readonly version: number;
}

/** The parameters of a deployment, with the credentials that the AWS SDK finds on this machine. */
export interface ParameterStore {
  read(name: string): Promise<KeptValue | undefined>;
  /** The values of those that there are, by name; ten at most. */
  readAll(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** @returns the version that this is */
  put(name: string, value: string): Promise<number>;
  /** The names, without the path, and when each was changed; no values. */
  list(): Promise<{ name: string; changedAt: Date | undefined }[]>;
}

export function parameterStore({ region, path, kmsKey }: Deployment): ParameterStore {
  const client = new SSMClient({ region });

  return {
    async read(name) {
      const Names = [`${path}/${name}`];
      const request = new GetParametersCommand({ Names, WithDecryption: true });
      const [parameter] = (await told(client.send(request))).Parameters ?? [];
      if (parameter?.Value === undefined) return undefined;
      return { value: parameter.Value, version: parameter.Version ?? 0 };
    },

    async readAll(names) {
      const Names = names.map((name) => `${path}/${name}`);
      const request = new GetParametersCommand({ Names, WithDecryption: true });
      const found = (await told(client.send(request))).Parameters ?? [];
      return new Map(
        found.map(({ Name = '', Value = '' }) => [Name.slice(path.length + 1), Value]),
      );
    },

    async put(name, value) {
      const request = new PutParameterCommand({
        Name: `${path}/${name}`,
        Value: value,
        Type: 'SecureString',
        Overwrite: true,
        // Free up to 4 KB; beyond that an advanced one.
        Tier: 'Intelligent-Tiering',
        ...(kmsKey && { KeyId: kmsKey }),
      });
      return (await told(client.send(request))).Version ?? 0;
    },

    async list() {
      const found = [];
      let NextToken: string | undefined;
      do {
        const request = new GetParametersByPathCommand({ Path: path, NextToken });
        const page = await told(client.send(request));
        found.push(...(page.Parameters ?? []));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return found.map(({ Name = '', LastModifiedDate: changedAt }) => ({
        name: Name.slice(path.length + 1),
        changedAt,
      }));
    },
  };
}

/** Errors of AWS as an operator can act on them. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const fault = error instanceof Error ? error : new Error('unknown');
    const { name, message } = fault;
    throw new Failure(`${messageOf(name, message)}\n${adviceOn(fault)}`, { cause: error });
  }
}

function messageOf(name: string, message: string): string {
  if (name === 'CredentialsProviderError') return 'No credentials for AWS were found.';
  return `AWS did not do it (${name}): ${message}`;
}

function adviceOn(error: Error): string {
  const { name } = error;
  if (typeof (error as NodeJS.ErrnoException).code === 'string') {
    return 'Look whether --region or AWS_REGION is right, and whether this machine is online.';
  }
  if (name === 'AccessDeniedException') {
    return (
      'Whoever deploys needs ssm:PutParameter, ssm:GetParameters and\n' +
      'ssm:GetParametersByPath on the path.'
    );
  }
  return (
    'It takes those that the AWS command line takes: AWS_PROFILE, or\n' +
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n' +
    '`aws sts get-caller-identity` tells whether they work.'
  );
}
