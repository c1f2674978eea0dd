/**
 * What runs in each instance: Lambda's loop for Node, as far as a handler can tell. It loads the
 * handler that `_HANDLER` names, asks the Runtime API for events one by one, and answers each.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body = '') {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${path}` };
    const sent = request(options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function told(error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') });
}

async function loadHandler() {
  const at = env._HANDLER.lastIndexOf('.');
  const file = `${env.LAMBDA_TASK_ROOT}/${env._HANDLER.slice(0, at)}`;
  const found = ['.js', '.mjs', '.cjs'].map((ending) => file + ending).find(existsSync);
  if (found === undefined) throw new Error(`Cannot find module '${env._HANDLER.slice(0, at)}'`);
  const handler = (await import(found))[env._HANDLER.slice(at + 1)];
  if (typeof handler !== 'function')
    throw new Error(`${env._HANDLER} is undefined or not exported`);
  return handler;
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  process.stderr.write(`${error?.stack ?? error}\n`);
  await call('POST', 'init/error', told(error));
  process.exit(1);
}

for (;;) {
  const { headers, body } = await call('GET', 'invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  try {
    const result = await handler(JSON.parse(body.toString()), contextOf(headers));
    await call('POST', `invocation/${id}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
    await call('POST', `invocation/${id}/error`, told(error));
  }
}
