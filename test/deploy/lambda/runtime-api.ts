import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LambdaError } from './instance.ts';

export interface Event {
  readonly requestId: string;
  readonly payload: string;
  /** Unix milliseconds. */
  readonly deadlineMs: number;
}

export interface Answer {
  readonly isError: boolean;
  readonly body: string;
}

/**
 * Lambda's Runtime API for one instance.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeApi(functionArn: string) {
  const next = signal<ServerResponse>();
  const answers = signal<Answer>();
  const initError = signal<LambdaError>();

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = (incoming.url ?? '').replace('/2018-06-01/runtime/', '');
    if (path === 'invocation/next') return next.give(outgoing);
    if (path === 'init/error') initError.give(JSON.parse(body));
    else answers.give({ isError: path.endsWith('/error'), body });
    outgoing.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    /** Settles once the instance asks for an event that it was not given yet. */
    asked: () => next.given().then(() => undefined),
    initError: initError.given(),
    /** Gives the instance the event that it asked for. */
    async give({ requestId, payload, deadlineMs }: Event): Promise<Answer> {
      const outgoing = await next.take();
      outgoing.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineMs),
        'lambda-runtime-invoked-function-arn': functionArn,
      });
      outgoing.end(payload);
      return answers.take();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One value at a time, waited for before or after it comes. */
function signal<T>() {
  let current = Promise.withResolvers<T>();
  return {
    give: (value: T) => current.resolve(value),
    given: () => current.promise,
    async take(): Promise<T> {
      const value = await current.promise;
      current = Promise.withResolvers<T>();
      return value;
    },
  };
}
