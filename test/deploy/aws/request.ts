import type { IncomingMessage } from 'node:http';

/** A request as it came, and what stands in its `Authorization`. */
export interface AwsRequest {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly sentBody: Buffer;
  /** Without the frames of a body that was sent in chunks. */
  readonly body: Buffer;
}

export interface AwsReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export async function readRequest(incoming: IncomingMessage): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const sentBody = Buffer.concat(chunks);
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const headers = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values?.join(',')]),
  );
  const isFramed = /aws-chunked/.test(headers['content-encoding'] ?? '');
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers,
    sentBody,
    body: isFramed ? unframed(sentBody) : sentBody,
  };
}

/** `<length in hex>[;chunk-signature=…]\r\n<bytes>\r\n` until a length of 0; trailers follow. */
function unframed(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.subarray(at, lineEnd).toString(), 16);
    if (!(length > 0)) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
  return Buffer.concat(parts);
}
