import { answerSecrets, Refusal } from '../../support/secrets-manager.ts';
import type { Invoked } from '../lambda/lambda.ts';
import { type Account, arnOf, type Credentials } from './account.ts';
import { awsFault, isAwsFault } from './fault.ts';
import { authorize } from './policies.ts';
import type { AwsReply, AwsRequest } from './request.ts';
import { functionNamed, reservedIn } from './resources/compute.ts';

/** What Lambda's API gives an asynchronous invocation to. */
export type InvokeLater = (functionName: string, payload: string) => void;
/** What it gives one to whose answer is waited for. */
export type InvokeNow = (functionName: string, payload: string) => Promise<Invoked>;

/** @throws AwsFault */
export function answerSecretsManager(
  account: Account,
  { request, caller, action }: { request: AwsRequest; caller: Credentials; action: string },
): AwsReply {
  const body = request.body.toString();
  const { SecretId, Name = SecretId } = JSON.parse(body) as { SecretId?: string; Name?: string };
  // Secrets Manager puts six characters of its own behind a name; one that is not there has none.
  const isMade = account.secrets.has(Name ?? '') || action === 'CreateSecret';
  const resource = arnOf(account, 'secretsmanager', `secret:${Name}${isMade ? '-AbCdEf' : ''}`);
  allow(account, caller, `secretsmanager:${action}`, resource);
  try {
    return jsonReply(answerSecrets(account.secrets, action, body));
  } catch (error) {
    if (error instanceof Refusal) throw awsFault(error.message, `${action} of ${Name} was refused`);
    throw error;
  }
}

const FUNCTION_PATH = /^\/[\d-]+\/functions\/([^/]+)(\/invocations|\/concurrency)?$/;

/** @throws AwsFault */
export async function answerLambda(
  account: Account,
  request: AwsRequest,
  {
    caller,
    invokeLater,
    invokeNow,
  }: { caller: Credentials; invokeLater: InvokeLater; invokeNow: InvokeNow },
): Promise<AwsReply> {
  if (request.path.startsWith('/2016-08-19/account-settings')) {
    allow(account, caller, 'lambda:GetAccountSettings', '*');
    return jsonReply({ AccountLimit: limitOf(account) });
  }
  const [, name = '', part] = FUNCTION_PATH.exec(request.path) ?? [];
  const found = functionNamed(account, decodeURIComponent(name));
  if (part === '/concurrency') {
    allow(account, caller, 'lambda:GetFunctionConcurrency', found.arn);
    return jsonReply({ ReservedConcurrentExecutions: found.reservedConcurrency });
  }
  if (part === undefined) {
    allow(account, caller, 'lambda:GetFunction', found.arn);
    const { arn: FunctionArn, codeSha256: CodeSha256, modifiedAt: LastModified } = found;
    return jsonReply({
      Configuration: { FunctionName: found.name, FunctionArn, CodeSha256, LastModified },
    });
  }
  allow(account, caller, 'lambda:InvokeFunction', found.arn);
  if (request.headers['x-amz-invocation-type'] !== 'Event') {
    return invokedReply(await invokeNow(found.name, request.body.toString()));
  }
  invokeLater(found.name, request.body.toString());
  return { status: 202 };
}

function invokedReply(invoked: Invoked): AwsReply {
  if (invoked.kind === 'throttled') {
    throw awsFault('TooManyRequestsException', 'Rate Exceeded.', 429);
  }
  if (invoked.kind === 'answered') return { body: invoked.payload };
  const headers = { 'x-amz-function-error': 'Unhandled' };
  return { headers, body: JSON.stringify(invoked.error) };
}

function limitOf(account: Account) {
  const { concurrency: ConcurrentExecutions } = account;
  const UnreservedConcurrentExecutions = ConcurrentExecutions - reservedIn(account);
  return { ConcurrentExecutions, UnreservedConcurrentExecutions };
}

function allow(account: Account, caller: Credentials, action: string, resource: string): void {
  const { roleArn, name } = caller;
  if (roleArn !== undefined) authorize(account, roleArn, { caller: name, action, resource });
}

function jsonReply(body: object): AwsReply {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { headers, body: JSON.stringify(body) };
}

/** What the JSON protocols answer instead. */
export function jsonFault(error: unknown): AwsReply {
  const { code, status, message } = isAwsFault(error)
    ? error
    : { code: 'InternalFailure', status: 500, message: String(error) };
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code };
  return { status, headers, body: JSON.stringify({ __type: code, message }) };
}
