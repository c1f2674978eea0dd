import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../../local/ports.ts';

/** An HTTP server of a downstream system. Each drain process has a path of its own, as `/2`. */
export async function serve(
  answer: (request: Request, response: ServerResponse) => unknown,
): Promise<{ urlOf(drain: number): string; stop(): Promise<void> }> {
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming).catch(() => undefined);
    if (body === undefined) return;
    const { headers, url = '' } = incoming;
    answer({ headers, body, drain: Number(url.slice(1)) }, outgoing);
  });
  server.keepAliveTimeout = 60_000;
  const port = await listen(server, 0);
  return {
    urlOf: (drain) => `http://localhost:${port}/${drain}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Request {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The process that it comes from. */
  readonly drain: number;
}

/** Rejects where its sender dies while it sends. */
async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
  return body;
}
