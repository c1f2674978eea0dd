import { createHash } from 'node:crypto';
import { type Account, arnOf, type LambdaFunction } from '../account.ts';
import { awsFault } from '../fault.ts';
import { isAllowed, isTrusted } from '../policies.ts';
import { idOf, nameOf, type ResourceType, refuseTaken } from './resource.ts';

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Code: { readonly S3Bucket: string; readonly S3Key: string };
  readonly Role: string;
  readonly Handler: string;
  readonly Runtime: string;
  readonly Timeout?: number;
  readonly MemorySize?: number;
  readonly ReservedConcurrentExecutions?: number;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  readonly LoggingConfig?: { readonly LogGroup?: string };
}

/** Lambda keeps so many of an account for functions without their own; all, where it has fewer. */
const UNRESERVED_MIN = 100;
const ENVIRONMENT_BYTES_MAX = 4_096;
/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED_NAMES =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

export const lambdaFunction: ResourceType = {
  attributes: ['Arn'],
  required: ['Code', 'Role', 'Handler', 'Runtime'],
  put(account, request) {
    const properties = request.properties as FunctionProperties;
    const name = nameOf(request, properties.FunctionName, 64);
    const before = account.functions.get(name);
    refuseTaken(request, before !== undefined, `The function ${name}`);
    const { Timeout = 3, MemorySize = 128, Environment, LoggingConfig } = properties;
    if (Timeout < 1 || Timeout > 900) throw refused(`'timeout' ${Timeout} is not 1 to 900`);
    if (MemorySize < 128 || MemorySize > 10_240) throw refused(`'memorySize' is ${MemorySize}`);
    const variables = Environment?.Variables ?? {};
    checkVariables(variables);
    checkRole(account, properties.Role);
    const zip = codeOf(account, properties.Code);
    const made: LambdaFunction = {
      name,
      arn: arnOf(account, 'lambda', `function:${name}`),
      roleArn: properties.Role,
      handler: properties.Handler,
      runtime: properties.Runtime,
      timeoutMs: Timeout * 1_000,
      memoryMb: MemorySize,
      variables,
      reservedConcurrency: properties.ReservedConcurrentExecutions,
      logGroup: LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      zip,
      codeSha256: createHash('sha256').update(zip).digest('base64'),
      modifiedAt: new Date().toISOString(),
      permissions: before?.permissions ?? new Map(),
      ...(before?.invokeConfig && { invokeConfig: before.invokeConfig }),
    };
    account.functions.set(name, made);
    checkConcurrency(account);
    return { physicalId: name, attributes: { Arn: made.arn } };
  },
  remove: ({ functions }, name) => void functions.delete(name),
};

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED_NAMES.test(name));
  const why = 'Lambda was unable to configure your environment variables because the environment';
  if (reserved.length > 0) throw refused(`${why} variables contain reserved keys: ${reserved}`);
  if (Buffer.byteLength(JSON.stringify(variables)) > ENVIRONMENT_BYTES_MAX) {
    throw refused(`${why} variables you have provided exceeded the 4KB limit.`);
  }
  for (const [name, value] of Object.entries(variables)) {
    if (typeof value !== 'string') throw refused(`The variable ${name} is no string`);
  }
}

function checkRole({ roles }: Account, arn: string): void {
  const role = roles.get(arn);
  if (role === undefined) throw refused(`The role ${arn} does not exist.`);
  if (isTrusted(role, 'lambda.amazonaws.com')) return;
  throw refused('The role defined for the function cannot be assumed by Lambda.');
}

function codeOf({ buckets }: Account, { S3Bucket, S3Key }: FunctionProperties['Code']): Buffer {
  const object = buckets.get(S3Bucket)?.get(S3Key);
  if (object !== undefined) return object.bytes;
  const why = 'S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.';
  throw refused(`Error occurred while GetObject. ${why}`);
}

/** What functions have reserved for themselves. */
export function reservedIn({ functions }: Account): number {
  let reserved = 0;
  for (const { reservedConcurrency = 0 } of functions.values()) reserved += reservedConcurrency;
  return reserved;
}

function checkConcurrency(account: Account): void {
  const reserved = reservedIn(account);
  const unreservedMin = Math.min(UNRESERVED_MIN, account.concurrency);
  if (reserved === 0 || account.concurrency - reserved >= unreservedMin) return;
  throw refused(
    "Specified ReservedConcurrentExecutions for function decreases account's " +
      `UnreservedConcurrentExecution below its minimum value of [${unreservedMin}].`,
  );
}

export const version: ResourceType = {
  attributes: ['Version', 'FunctionArn'],
  required: ['FunctionName'],
  put(account, request) {
    const properties = request.properties as { FunctionName: string; CodeSha256?: string };
    const { arn, codeSha256 } = functionNamed(account, properties.FunctionName);
    const { CodeSha256 = codeSha256 } = properties;
    if (CodeSha256 !== codeSha256) {
      throw refused(
        `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${codeSha256}).`,
      );
    }
    return { physicalId: `${arn}:1`, attributes: { Version: '1', FunctionArn: `${arn}:1` } };
  },
  remove: () => undefined,
};

export const permission: ResourceType = {
  attributes: ['Id'],
  required: ['Action', 'FunctionName', 'Principal'],
  put(account, request) {
    const properties = request.properties as Record<string, string>;
    const { permissions } = functionNamed(account, properties.FunctionName ?? '');
    if (properties.Action !== 'lambda:InvokeFunction') throw refused('Only invocations are known');
    const id = idOf(request, `${request.logicalId}-`);
    permissions.set(id, { principal: properties.Principal ?? '', sourceArn: properties.SourceArn });
    return { physicalId: id, attributes: { Id: id } };
  },
  remove({ functions }, id) {
    for (const { permissions } of functions.values()) permissions.delete(id);
  },
};

interface InvokeConfigProperties {
  readonly FunctionName: string;
  readonly MaximumRetryAttempts?: number;
  readonly MaximumEventAgeInSeconds?: number;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
}

export const invokeConfig: ResourceType = {
  attributes: [],
  required: ['FunctionName', 'Qualifier'],
  put(account, request) {
    const properties = request.properties as InvokeConfigProperties;
    const { MaximumRetryAttempts = 2, MaximumEventAgeInSeconds = 21_600 } = properties;
    const invoked = functionNamed(account, properties.FunctionName);
    const onFailure = properties.DestinationConfig?.OnFailure?.Destination;
    const role = account.roles.get(invoked.roleArn);
    if (
      onFailure !== undefined &&
      !isAllowed(role, { action: 'sqs:SendMessage', resource: onFailure })
    ) {
      throw refused(
        `The function's execution role does not have permissions to call SendMessage on ${onFailure}`,
      );
    }
    const eventAgeMsMax = MaximumEventAgeInSeconds * 1_000;
    invoked.invokeConfig = { retriesMax: MaximumRetryAttempts, eventAgeMsMax, onFailure };
    return { physicalId: idOf(request, `${invoked.name}|$LATEST|`), attributes: {} };
  },
  remove({ functions }, id) {
    delete functions.get(id.split('|')[0] ?? '')?.invokeConfig;
  },
};

/** By name or by ARN. */
export function functionNamed({ functions }: Account, name: string): LambdaFunction {
  const found = functions.get(
    name.replace(/^arn:aws:lambda:[^:]+:\d+:function:/, '').split(':')[0] ?? '',
  );
  if (found !== undefined) return found;
  throw awsFault('ResourceNotFoundException', `Function not found: ${name}`, 404);
}

function refused(message: string) {
  return awsFault('InvalidParameterValueException', message);
}
