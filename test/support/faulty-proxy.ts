import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of one request:
 * - `pass`         it is sent on and answered
 * - `lose-request` the connection breaks before it is sent on
 * - `lose-reply`   it is sent on, and the connection breaks instead of the reply
 * - `repeat`       it is sent on twice; the second reply is answered
 * - `hang`         it is never answered
 * - `half`         half of the reply comes
 * - a function     answers by itself
 */
export type Fate =
  | 'pass'
  | 'lose-request'
  | 'lose-reply'
  | 'repeat'
  | 'hang'
  | 'half'
  | ((response: ServerResponse) => void);

/** A request as the proxy saw it: how many came before it, and what it asks of Redis. */
export interface SeenRequest {
  readonly index: number;
  readonly body: string;
}

/** HTTP between a client and a REST server, as bad as the test wants it. */
export async function faultyProxy(
  target: { url: string; token: string },
  fateOf: (seen: SeenRequest) => Fate | Promise<Fate>,
) {
  let seen = 0;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const fate = await fateOf({ index: seen++, body: body.toString() });
    if (typeof fate === 'function') return fate(outgoing);
    if (fate === 'hang') return;
    if (fate === 'lose-request') return void outgoing.destroy();

    const send = () => forward(target.url, incoming.url ?? '/', incoming.headers, body);
    if (fate === 'repeat') await send();
    const reply = await send();
    if (fate === 'lose-reply') return void outgoing.destroy();
    outgoing.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length });
    if (fate === 'half') {
      outgoing.write(reply.body.subarray(0, reply.body.length / 2), () => outgoing.destroy());
    } else {
      outgoing.end(reply.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: target.token,
    /** How many requests have come. */
    seen: () => seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

function forward(
  url: string,
  path: string,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, connection: __, ...passed } = headers;
    const onward = request(
      `${url}${path}`,
      { method: 'POST', headers: { ...passed, 'content-length': body.length } },
      async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const { 'transfer-encoding': ___, connection: ____, ...kept } = answer.headers;
        resolve({ status: answer.statusCode ?? 0, headers: kept, body: Buffer.concat(chunks) });
      },
    );
    onward.on('error', reject);
    onward.end(body);
  });
}
