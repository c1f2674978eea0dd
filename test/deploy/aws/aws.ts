import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Account, type Credentials, giveCredentials, newAccount } from './account.ts';
import { answerCloudFormation, queryFault } from './cloudformation.ts';
import { awsFault } from './fault.ts';
import {
  answerLambda,
  answerSecretsManager,
  type InvokeLater,
  type InvokeNow,
  jsonFault,
} from './json-services.ts';
import { authorizeAll, needsOfRequest } from './needs.ts';
import { type AwsReply, type AwsRequest, readRequest } from './request.ts';
import { answerS3, s3Action } from './s3.ts';
import { readSigned, signatureFault } from './signature.ts';
import { xml } from './xml.ts';

/** An account of AWS on this machine: whatever is sent to its URL is answered from what it keeps. */
export interface Aws {
  readonly url: string;
  readonly account: Account;
  /** Keys of somebody who may do all. */
  readonly deployer: { readonly accessKey: string; readonly secret: string };
  /** Gets what is invoked asynchronously over Lambda's API. */
  onInvoke: InvokeLater;
  /** Gets what is invoked over Lambda's API by somebody who waits for the answer. */
  onInvokeNow: InvokeNow;
  stop(): Promise<void>;
}

/** Speaks as much of AWS as a deployment and the functions themselves need. */
export async function startAws(region: string, concurrency?: number): Promise<Aws> {
  const account = newAccount(region, concurrency);
  const server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming);
    send(outgoing, await answer(aws, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const aws: Aws = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    deployer: giveCredentials(account, 'deployer'),
    onInvoke: () => undefined,
    onInvokeNow: async () => ({ kind: 'throttled' }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return aws;
}

async function answer(aws: Aws, request: AwsRequest): Promise<AwsReply> {
  const signed = readSigned(request);
  const service = signed?.service ?? 'nobody';
  try {
    const caller = callerOf(aws.account, request);
    const action = actionOf(service, request);
    aws.account.calls.push({ caller: caller.name, service, action });
    authorizeAll(aws.account, caller, needsOfRequest(aws.account, service, { action, request }));
    return await answerOf(aws, request, { caller, service, action });
  } catch (error) {
    if (service === 's3') return s3Fault(request, error);
    return ['secretsmanager', 'lambda', 'ecr'].includes(service)
      ? jsonFault(error)
      : queryFault(error);
  }
}

/** @throws AwsFault where nobody known signed it, or it was changed since */
function callerOf({ credentials, region }: Account, request: AwsRequest): Credentials {
  const signed = readSigned(request);
  const caller = credentials.get(signed?.accessKey ?? '');
  if (signed === undefined || caller === undefined) {
    throw awsFault(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      403,
    );
  }
  const fault = signatureFault(request, signed, caller.secret);
  if (fault !== undefined) throw awsFault('SignatureDoesNotMatch', fault, 403);
  if (signed.region !== region) throw awsFault('SignatureDoesNotMatch', `Not of ${region}`, 403);
  return caller;
}

function actionOf(service: string, request: AwsRequest): string {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return target.split('.').at(-1) ?? target;
  if (service === 's3') return s3Action(request);
  if (service === 'lambda') return lambdaAction(request.path);
  return new URLSearchParams(request.body.toString()).get('Action') ?? '';
}

function lambdaAction(path: string): string {
  if (path.endsWith('/invocations')) return 'Invoke';
  if (path.endsWith('/concurrency')) return 'GetFunctionConcurrency';
  return path.includes('account-settings') ? 'GetAccountSettings' : 'GetFunction';
}

function answerOf(
  aws: Aws,
  request: AwsRequest,
  { caller, service, action }: { caller: Credentials; service: string; action: string },
): AwsReply | Promise<AwsReply> {
  const { account, onInvoke: invokeLater, onInvokeNow: invokeNow } = aws;
  if (service === 's3') return answerS3(account, request);
  if (service === 'lambda')
    return answerLambda(account, request, { caller, invokeLater, invokeNow });
  if (service === 'cloudformation') {
    return answerCloudFormation(account, new URLSearchParams(request.body.toString()), caller);
  }
  if (service === 'secretsmanager') {
    return answerSecretsManager(account, { request, caller, action });
  }
  if (service === 'sts' && action === 'GetCallerIdentity') return identityReply(account);
  if (service === 'ecr' && action === 'DescribeRepositories') {
    throw awsFault('RepositoryNotFoundException', 'The repository does not exist');
  }
  throw awsFault('InvalidAction', `${service} ${action} is not known here`, 501);
}

function identityReply({ id }: Account): AwsReply {
  const result = { Arn: `arn:aws:iam::${id}:user/deployer`, UserId: 'AIDA', Account: id };
  return { body: xml('GetCallerIdentityResponse', { GetCallerIdentityResult: result }) };
}

function s3Fault({ method }: AwsRequest, error: unknown): AwsReply {
  const {
    code = 'InternalError',
    status = 500,
    message,
  } = error as {
    code?: string;
    status?: number;
    message: string;
  };
  return { status, body: method === 'HEAD' ? '' : xml('Error', { Code: code, Message: message }) };
}

function send(outgoing: ServerResponse, { status = 200, headers = {}, body = '' }: AwsReply): void {
  outgoing.writeHead(status, {
    'content-type': 'text/xml',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  outgoing.end(body);
}
