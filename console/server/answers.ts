import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADERS } from './headers.ts';

const BODY_BYTES_MAX = 64 * 1024;

export function send(
  response: ServerResponse,
  status: number,
  { type, bytes }: { readonly type: string; readonly bytes: Uint8Array | string },
): void {
  response.writeHead(status, {
    ...HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(bytes),
  });
  response.end(bytes);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, { type: 'application/json', bytes: JSON.stringify(body) });
}

/** A refusal of the console's own: nothing went on to the API. */
export function refuse(response: ServerResponse, status: 400 | 403 | 404 | 405, why: string): void {
  sendJson(response, status, { refused: why });
}

/** The body of a change: an object of JSON, or `undefined`. */
export async function readBody(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (request.headers['content-type'] !== 'application/json') return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    return isObject ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer to a request that Node cannot parse as HTTP, with the headers of all answers. */
export function badRequest(): string {
  const headers = Object.entries({ ...HEADERS, connection: 'close', 'content-length': '0' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n`;
}
