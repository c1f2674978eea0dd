import type { Reply } from '../redis/resp.ts';

/**
 * Writes a reply as JSON by hand, so that integers beyond 2^53 keep their digits. With base64
 * every string is encoded.
 */
function replyToJson(reply: Reply, base64: boolean): string {
  switch (reply.kind) {
    case 'nil':
      return 'null';
    case 'integer':
      return reply.digits;
    case 'status':
    case 'error':
      return text(reply.text, base64);
    case 'bulk':
      return base64
        ? `"${reply.bytes.toString('base64')}"`
        : JSON.stringify(reply.bytes.toString());
    case 'array':
      return `[${reply.items.map((item) => replyToJson(item, base64)).join(',')}]`;
  }
}

/**
 * The whole answer to one command: `{"result"}` or `{"error"}`. An error is never encoded, and
 * neither is OK where it is the whole answer; within an array the SDK decodes it like any string.
 */
export function answerToJson(reply: Reply, base64: boolean): string {
  if (reply.kind === 'error') return errorToJson(reply.text);
  const isOk = reply.kind === 'status' && reply.text === 'OK';
  return `{"result":${replyToJson(reply, base64 && !isOk)}}`;
}

/** The body of every refusal. */
export function errorToJson(message: string): string {
  return JSON.stringify({ error: message });
}

function text(value: string, base64: boolean): string {
  return base64 ? `"${Buffer.from(value).toString('base64')}"` : JSON.stringify(value);
}
