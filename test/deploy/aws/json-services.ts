import { type Account, arnOf, type Credentials } from './account.ts';
import { awsFault, isAwsFault } from './fault.ts';
import { authorize } from './policies.ts';
import type { AwsReply, AwsRequest } from './request.ts';
import { functionNamed } from './resources/compute.ts';

/** What Lambda's API gives an asynchronous invocation to. */
export type InvokeLater = (functionName: string, payload: string) => void;

const PARAMETERS_MAX = 10;

/** @throws AwsFault */
export function answerSsm(account: Account, request: AwsRequest, caller: Credentials): AwsReply {
  const { Names, WithDecryption } = JSON.parse(request.body.toString()) as {
    Names: string[];
    WithDecryption?: boolean;
  };
  if (Names.length < 1 || Names.length > PARAMETERS_MAX) {
    throw awsFault('ValidationException', `1 to ${PARAMETERS_MAX} names can be asked for`);
  }
  for (const name of Names) {
    const resource = arnOf(account, 'ssm', `parameter${name.startsWith('/') ? '' : '/'}${name}`);
    allow(account, caller, 'ssm:GetParameters', resource);
  }
  const known = Names.filter((name) => account.parameters.has(name));
  const Parameters = known.map((Name) => ({
    Name,
    Type: 'SecureString',
    // Without it the cipher text would come, of which nobody could make anything.
    Value: WithDecryption === true ? account.parameters.get(Name) : 'AQICAHh…',
    Version: 1,
    ARN: arnOf(account, 'ssm', `parameter${Name}`),
    DataType: 'text',
  }));
  const InvalidParameters = Names.filter((name) => !known.includes(name));
  return jsonReply({ Parameters, InvalidParameters });
}

const FUNCTION_PATH = /^\/2015-03-31\/functions\/([^/]+)(\/invocations)?$/;

/** @throws AwsFault */
export function answerLambda(
  account: Account,
  request: AwsRequest,
  { caller, invokeLater }: { caller: Credentials; invokeLater: InvokeLater },
): AwsReply {
  const [, name = '', isInvoke] = FUNCTION_PATH.exec(request.path) ?? [];
  const found = functionNamed(account, decodeURIComponent(name));
  if (isInvoke === undefined) {
    allow(account, caller, 'lambda:GetFunction', found.arn);
    const { arn: FunctionArn, codeSha256: CodeSha256, modifiedAt: LastModified } = found;
    return jsonReply({
      Configuration: { FunctionName: found.name, FunctionArn, CodeSha256, LastModified },
    });
  }
  allow(account, caller, 'lambda:InvokeFunction', found.arn);
  if (request.headers['x-amz-invocation-type'] !== 'Event') {
    throw awsFault('NotImplemented', 'Only asynchronous invocations are known here', 501);
  }
  invokeLater(found.name, request.body.toString());
  return { status: 202 };
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
