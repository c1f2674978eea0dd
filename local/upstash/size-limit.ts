import type { IncomingMessage } from 'node:http';
import type { Reply } from '../redis/resp.ts';

/** The request's body is larger than the service takes. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

/**
 * The limit of a request on Upstash's pay-as-you-go plan. A reply counts too.
 *
 * @see https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded
 */
export const REQUEST_BYTES_MAX = 10 * 1024 * 1024;

/**
 * Reads a request's body. One that is too large is read to its end and dropped, because a client
 * that is still sending does not see an answer.
 *
 * @throws TooLargeError
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= REQUEST_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > REQUEST_BYTES_MAX) throw new TooLargeError(exceeded(bytes));
  return Buffer.concat(chunks);
}

/** The reply, or the service's error where it is too large to be sent. */
export function withinLimit(reply: Reply): Reply {
  const bytes = bytesOf(reply);
  return bytes > REQUEST_BYTES_MAX ? { kind: 'error', text: exceeded(bytes) } : reply;
}

function bytesOf(reply: Reply): number {
  if (reply.kind === 'bulk') return reply.bytes.length;
  if (reply.kind !== 'array') return 0;
  let bytes = 0;
  for (const item of reply.items) bytes += bytesOf(item);
  return bytes;
}

function exceeded(bytes: number): string {
  return `ERR max request size exceeded. Limit: ${REQUEST_BYTES_MAX} bytes, Actual: ${bytes} bytes. See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details`;
}
