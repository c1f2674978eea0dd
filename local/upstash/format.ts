import type { Reply } from './resp.ts';

/**
 * Writes a reply as JSON by hand, so that integers beyond 2^53 keep their digits. With base64
 * every string is encoded except the status OK, as the service does it.
 */
export function replyToJson(reply: Reply, base64: boolean): string {
  switch (reply.kind) {
    case 'nil':
      return 'null';
    case 'integer':
      return reply.digits;
    case 'status':
      return text(reply.text, base64 && reply.text !== 'OK');
    case 'bulk':
      return base64
        ? `"${reply.bytes.toString('base64')}"`
        : JSON.stringify(reply.bytes.toString());
    case 'error':
      return text(reply.text, base64);
    case 'array':
      return `[${reply.items.map((item) => replyToJson(item, base64)).join(',')}]`;
  }
}

/** The whole answer to one command: `{"result"}` or `{"error"}`; an error is never encoded. */
export function answerToJson(reply: Reply, base64: boolean): string {
  return reply.kind === 'error'
    ? errorToJson(reply.text)
    : `{"result":${replyToJson(reply, base64)}}`;
}

/** The body of every refusal. */
export function errorToJson(message: string): string {
  return JSON.stringify({ error: message });
}

function text(value: string, base64: boolean): string {
  return base64 ? `"${Buffer.from(value).toString('base64')}"` : JSON.stringify(value);
}
