import { type KeyObject, randomBytes } from 'node:crypto';
import type { KeptSecrets } from '../../support/secrets-manager.ts';
import type { Statement } from './policies.ts';

/** What the stub of AWS keeps for one account in one region; the keys are names or ARNs. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly buckets: Map<string, Map<string, StoredObject>>;
  readonly stacks: Map<string, Stack>;
  readonly roles: Map<string, Role>;
  readonly functions: Map<string, LambdaFunction>;
  readonly logGroups: Map<string, LogGroup>;
  /** By ARN. */
  readonly queues: Map<string, Queue>;
  /** By ARN. */
  readonly rules: Map<string, Rule>;
  readonly apis: Map<string, Api>;
  /** Whatever else a template makes: alarms, topics, dashboards; by their physical id. */
  readonly others: Map<string, { readonly type: string; readonly properties: object }>;
  /** Of Secrets Manager, by name. Nothing in a template makes one. */
  readonly secrets: KeptSecrets;
  /** Lambda functions that may run at once. */
  readonly concurrency: number;
  /** Where its HTTP APIs answer; a name of AWS’s where nothing serves them. */
  apiUrl?: string;
  /** The public keys of who issues tokens, by their URL. */
  readonly issuers: Map<string, KeyObject>;
  /** By access key. */
  readonly credentials: Map<string, Credentials>;
  /** What a role did not allow. */
  readonly denials: Denial[];
  /** Each request that was answered, such as `secretsmanager GetSecretValue`. */
  readonly calls: Call[];
}

export interface StoredObject {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedAt: string;
}

export interface Role {
  readonly arn: string;
  readonly trusted: readonly Statement[];
  /** Its own, and those of policies that name it. */
  readonly policies: Map<string, readonly Statement[]>;
}

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly reservedConcurrency: number | undefined;
  readonly logGroup: string;
  readonly zip: Buffer;
  readonly codeSha256: string;
  readonly modifiedAt: string;
  readonly permissions: Map<string, Permission>;
  /** For asynchronous invocations. */
  invokeConfig?: InvokeConfig;
}

export interface Permission {
  readonly principal: string;
  readonly sourceArn: string | undefined;
}

export interface InvokeConfig {
  readonly retriesMax: number;
  readonly eventAgeMsMax: number;
  readonly onFailure: string | undefined;
}

export interface LogGroup {
  readonly retentionDays: number | undefined;
  readonly lines: string[];
}

export interface Queue {
  readonly arn: string;
  readonly messages: string[];
}

export interface Rule {
  readonly arn: string;
  readonly schedule: string;
  readonly isEnabled: boolean;
  readonly targets: readonly { readonly arn: string; readonly input: string | undefined }[];
}

export interface Api {
  readonly id: string;
  readonly integrations: Map<string, Integration>;
  readonly routes: Map<string, Route>;
  readonly authorizers: Map<string, Authorizer>;
  readonly stages: Map<string, Stage>;
}

export interface Route {
  readonly routeKey: string;
  readonly integrationId: string;
  readonly authorizerId: string | undefined;
}

/** Of tokens. */
export interface Authorizer {
  readonly issuer: string;
  readonly audience: readonly string[];
}

export interface Integration {
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export interface Stage {
  readonly name: string;
  /** Where each request is noted, and how. */
  readonly accessLog: { readonly logGroup: string; readonly format: string } | undefined;
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  status: string;
  template: string;
  outputs: Readonly<Record<string, string>>;
  /** In the order in which they were made. */
  readonly resources: Map<string, StackResource>;
  readonly changeSets: Map<string, ChangeSet>;
  /** The newest last. */
  readonly events: StackEvent[];
}

export interface StackResource {
  readonly type: string;
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** As they were once all references were resolved. */
  readonly properties: object;
}

export interface ChangeSet {
  readonly id: string;
  readonly template: string;
  readonly fault: string | undefined;
  readonly changes: readonly string[];
}

export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
}

export interface Credentials {
  readonly secret: string;
  /** The role in whose name they speak; without one they are the deployer's, who may do all. */
  readonly roleArn: string | undefined;
  readonly name: string;
}

export interface Denial {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

export interface Call {
  readonly caller: string;
  readonly service: string;
  readonly action: string;
}

/** @param concurrency  10 or 50 in a new account, 1,000 in one that AWS knows */
export function newAccount(region: string, concurrency = 1_000): Account {
  return {
    id: '123456789012',
    region,
    buckets: new Map(),
    stacks: new Map(),
    roles: new Map(),
    functions: new Map(),
    logGroups: new Map(),
    queues: new Map(),
    rules: new Map(),
    apis: new Map(),
    others: new Map(),
    secrets: new Map(),
    concurrency,
    issuers: new Map(),
    credentials: new Map(),
    denials: [],
    calls: [],
  };
}

/** Keys for a caller, as only it and the stub know them. */
export function giveCredentials(account: Account, name: string, roleArn?: string) {
  const accessKey = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const secret = randomBytes(30).toString('base64');
  account.credentials.set(accessKey, { secret, roleArn, name });
  return { accessKey, secret };
}

/** An ARN of this account. */
export function arnOf({ region, id }: Account, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${id}:${resource}`;
}
