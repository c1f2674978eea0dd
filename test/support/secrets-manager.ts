import { randomUUID } from 'node:crypto';
import { type Answering, pretendServer, type Received, type Reply } from './pretend-server.ts';

interface Version {
  readonly id: string;
  readonly text: string;
  readonly stages: Set<string>;
}

/** A secret of Secrets Manager, with its versions. */
export interface KeptSecret {
  description: string;
  readonly versions: Version[];
}

export type KeptSecrets = Map<string, KeptSecret>;

/** The variables of a secret as they are now. */
export function variablesOf(secrets: KeptSecrets, name: string): Record<string, string> {
  return JSON.parse(currentOf(secrets.get(name))?.text ?? '{}');
}

/** Puts variables into a secret, as `sluice secrets put` would. */
export function keepVariables(
  secrets: KeptSecrets,
  name: string,
  variables: Readonly<Record<string, string>>,
): void {
  const merged = { ...variablesOf(secrets, name), ...variables };
  const description = `Sluice: ${Object.keys(merged).sort().join(', ')}`;
  const version = {
    id: randomUUID(),
    text: JSON.stringify(merged),
    stages: new Set(['AWSCURRENT']),
  };
  secrets.set(name, { description, versions: [version] });
}

function currentOf(secret: KeptSecret | undefined): Version | undefined {
  return secret?.versions.find(({ stages }) => stages.has('AWSCURRENT'));
}

interface Request {
  readonly SecretId: string;
  readonly Name: string;
  readonly Description?: string;
  readonly SecretString: string;
  readonly VersionStages?: readonly string[];
  readonly VersionStage: string;
  readonly MoveToVersionId: string;
  readonly RemoveFromVersionId?: string;
}

const SECRET_BYTES_MAX = 65_536;

/** What was refused, by the API's code. */
export class Refusal extends Error {}

type Operation = (request: Request, secret: KeptSecret, secrets: KeptSecrets) => object;

/**
 * Secrets Manager, as far as Sluice uses it: forms, limits and errors are those of the API's reference.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue({ SecretId }, secret) {
    const { id = '', text } = currentOf(secret) ?? {};
    return { Name: SecretId, VersionId: id, SecretString: text };
  },
  DescribeSecret: ({ SecretId }, { description }) => ({
    Name: SecretId,
    Description: description,
    LastChangedDate: 1_795_354_620,
  }),
  PutSecretValue({ SecretString, VersionStages = ['AWSCURRENT'] }, { versions }) {
    if (Buffer.byteLength(SecretString) > SECRET_BYTES_MAX)
      throw new Refusal('InvalidRequestException');
    for (const { stages } of versions) for (const stage of VersionStages) stages.delete(stage);
    const version = { id: randomUUID(), text: SecretString, stages: new Set(VersionStages) };
    versions.push(version);
    return { VersionId: version.id };
  },
  UpdateSecretVersionStage({ VersionStage, MoveToVersionId, RemoveFromVersionId }, { versions }) {
    const holder = versions.find(({ stages }) => stages.has(VersionStage));
    if (holder && holder.id !== RemoveFromVersionId) throw new Refusal('InvalidParameterException');
    const next = versions.find(({ id }) => id === MoveToVersionId);
    if (next === undefined) throw new Refusal('ResourceNotFoundException');
    holder?.stages.delete(VersionStage);
    next.stages.add(VersionStage);
    return {};
  },
  UpdateSecret({ Description = '' }, secret) {
    secret.description = Description;
    return {};
  },
};

/** @throws Refusal */
export function answerSecrets(secrets: KeptSecrets, operation: string, body: string): object {
  const request = JSON.parse(body) as Request;
  if (operation === 'CreateSecret') return create(secrets, request);
  const secret = secrets.get(request.SecretId);
  const answer = OPERATIONS[operation];
  if (answer === undefined) throw new Refusal('UnknownOperationException');
  if (secret === undefined) throw new Refusal('ResourceNotFoundException');
  return answer(request, secret, secrets);
}

function create(secrets: KeptSecrets, { Name, SecretString, Description = '' }: Request): object {
  if (secrets.has(Name)) throw new Refusal('ResourceExistsException');
  const version = { id: randomUUID(), text: SecretString, stages: new Set(['AWSCURRENT']) };
  secrets.set(Name, { description: Description, versions: [version] });
  return { Name, VersionId: version.id };
}

/** A server of its own, and the environment that leads a function or a command to it. */
export async function secretsManager(
  initial: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
) {
  const secrets: KeptSecrets = new Map();
  for (const [name, variables] of Object.entries(initial)) keepVariables(secrets, name, variables);
  let fault: Answering | undefined;
  let meanwhile: (() => Promise<void>) | undefined;

  function answer({ method, headers, body }: Received): Reply {
    const [, name = ''] = /^secretsmanager\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? [];
    const isRight = method === 'POST' && headers['content-type'] === 'application/x-amz-json-1.1';
    if (!isRight) return refused('InvalidRequestException');
    try {
      return { status: 200, body: answerSecrets(secrets, name, body) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error.message);
    }
  }

  const server = await pretendServer(async (request) => {
    if (String(request.headers['x-amz-target']).endsWith('PutSecretValue')) await meanwhile?.();
    return fault?.(request) ?? answer(request);
  });
  return {
    secrets,
    received: server.received,
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url.href,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
      AWS_SESSION_TOKEN: 'session-of-the-role',
    },
    put: (name: string, variables: Readonly<Record<string, string>>) =>
      keepVariables(secrets, name, variables),
    /** What happens each time before a value is put. */
    beforePut(happens: (() => Promise<void>) | undefined) {
      meanwhile = happens;
    },
    /** Answers so from now on; as it should where it is `undefined`. */
    failWith(answering: Answering | undefined) {
      fault = answering;
    },
  };
}

function refused(__type: string): Reply {
  return { status: 400, headers: { 'x-amzn-errortype': __type }, body: { __type, message: 'No.' } };
}
