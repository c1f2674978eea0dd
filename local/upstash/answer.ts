import type { IncomingMessage, ServerResponse } from 'node:http';
import { RedisGoneError } from '../redis/connection.ts';
import { encodeReply, type Reply } from '../redis/resp.ts';
import { MalformedRequestError } from './command.ts';
import { answerToJson, errorToJson } from './format.ts';

/** How a client wants its answer. */
export type Format = { base64: boolean; resp2: boolean };

/**
 * Reads the two headers that choose the format of the answer.
 *
 * @throws MalformedRequestError for a format that there isn't, or both at once
 */
export function readFormat(request: IncomingMessage): Format {
  const wanted = String(request.headers['upstash-response-format'] ?? 'json').toLowerCase();
  const base64 = String(request.headers['upstash-encoding'] ?? '').toLowerCase() === 'base64';
  if (wanted !== 'json' && wanted !== 'resp2') {
    throw new MalformedRequestError(`ERR invalid Upstash-Response-Format: ${wanted}`);
  }
  if (wanted === 'resp2' && base64) {
    throw new MalformedRequestError('ERR base64 is not permitted with the response format resp2');
  }
  return { base64, resp2: wanted === 'resp2' };
}

/** Answers one command: 200, or 400 where its reply is an error. */
export function sendReply(response: ServerResponse, reply: Reply, format: Format): void {
  const body = format.resp2 ? encodeReply(reply) : answerToJson(reply, format.base64);
  send(response, reply.kind === 'error' ? statusOf(reply.text) : 200, body);
}

/** Answers several commands: 200, with each one's errors in their places, or one error for all. */
export function sendReplies(response: ServerResponse, reply: Reply, format: Format): void {
  const replies = reply.kind === 'array' ? reply.items : [];
  const unauthorized = replies.find((each) => each.kind === 'error' && statusOf(each.text) === 401);
  if (reply.kind === 'error' || unauthorized !== undefined) {
    sendReply(response, unauthorized ?? reply, format);
    return;
  }
  const body = format.resp2
    ? Buffer.concat(replies.map(encodeReply))
    : `[${replies.map((each) => answerToJson(each, format.base64)).join(',')}]`;
  send(response, 200, body);
}

function statusOf(error: string): number {
  return error.startsWith('WRONGPASS') ? 401 : 400;
}

/** Answers a request that no command was read from, or that Redis did not answer. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (response.headersSent) response.destroy();
  else if (error instanceof MalformedRequestError) sendError(response, 400, message);
  else if (error instanceof RedisGoneError) sendError(response, 503, `ERR ${message}`);
  else sendError(response, 500, `ERR internal error: ${message}`);
}

/** Answers with `{"error"}`. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  send(response, status, errorToJson(message));
}

export function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, {
    'content-type':
      typeof body === 'string' ? 'application/json; charset=utf-8' : 'application/octet-stream',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
