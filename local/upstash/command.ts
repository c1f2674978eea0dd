import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import type { Argument } from '../redis/resp.ts';
import { REQUEST_BYTES_MAX, type Rules, RulesSchema, requestTooLarge } from './rules.ts';

/** What a client sent cannot be read as commands. */
export class MalformedRequestError extends Error {
  override name = 'MalformedRequestError';
}

/**
 * Reads a request's body. One that is too large is read to its end and dropped, because a client
 * that is still sending does not see an answer.
 *
 * @throws MalformedRequestError
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= REQUEST_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > REQUEST_BYTES_MAX) throw new MalformedRequestError(requestTooLarge(bytes));
  return Buffer.concat(chunks);
}

/**
 * Reads a command from a JSON array. Numbers keep the digits that they were sent with.
 *
 * @throws MalformedRequestError
 */
export function readCommand(body: Buffer): Argument[] {
  return toCommand(parse(body));
}

/**
 * Reads a pipeline or a transaction from a JSON array of arrays.
 *
 * @throws MalformedRequestError
 */
export function readCommands(body: Buffer): Argument[][] {
  const commands = parse(body);
  if (!Array.isArray(commands)) throw new MalformedRequestError('ERR expected JSON array');
  if (commands.length === 0) throw new MalformedRequestError('ERR empty pipeline request');
  return commands.map(toCommand);
}

/**
 * Reads a command from a path and what comes with it: `/set/foo`, the body as the next argument,
 * and then the query, as in `?EX=100` or `?NX`.
 *
 * @throws MalformedRequestError
 */
export function readPath(pathname: string, body: Buffer, query: URLSearchParams): Argument[] {
  const command: Argument[] = segments(pathname);
  if (body.length > 0) command.push(body);
  for (const [name, value] of query) {
    if (name === '_token') continue;
    command.push(name);
    if (value !== '') command.push(value);
  }
  return command;
}

/**
 * Reads some of the rules from a JSON object.
 *
 * @throws MalformedRequestError
 */
export function readRules(json: string): Partial<Rules> {
  try {
    const { localeError: error } = z.locales.en();
    return z.partial(RulesSchema).parse(JSON.parse(json), { error }) as Partial<Rules>;
  } catch (error) {
    const issue = error instanceof z.core.$ZodError ? error.issues[0] : undefined;
    const place = ['rules', ...(issue?.path ?? [])].join('.');
    throw new MalformedRequestError(`ERR ${place}: ${issue?.message ?? 'not JSON'}`);
  }
}

/**
 * The parts of a path, decoded.
 *
 * @throws MalformedRequestError
 */
export function segments(pathname: string): string[] {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch {
    throw new MalformedRequestError('ERR the path is not URL-encoded');
  }
}

function toCommand(value: unknown): Argument[] {
  if (!Array.isArray(value)) throw new MalformedRequestError('ERR expected JSON array');
  if (value.length === 0) throw new MalformedRequestError('ERR empty command');
  return value.map(toArgument);
}

function toArgument(value: unknown): Argument {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (isDigits(value)) return value.digits;
  if (value === null) throw new MalformedRequestError('ERR null args are not supported');
  throw new MalformedRequestError('ERR unsupported arg type: only strings, numbers and booleans');
}

const isDigit = Symbol('a number as it was written');
type Digits = { [isDigit]: true; digits: string };

function isDigits(value: unknown): value is Digits {
  return typeof value === 'object' && value !== null && isDigit in value;
}

/** Numbers in an array that JavaScript may write in another way: long, with a point, a power, or -0. */
const UNUSUAL_NUMBER = /[[,]\s*(?:-0|-?\d+[.eE]|-?\d{16})/;

function parse(body: Buffer): unknown {
  // The reviver's third argument, with the source text, is newer than its type.
  const keepDigits = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number'
      ? { [isDigit]: true, digits: context?.source ?? String(value) }
      : value;
  const text = body.toString();
  try {
    // A reviver takes three times as long, and is not needed for what clients mostly send.
    if (!UNUSUAL_NUMBER.test(text)) return JSON.parse(text);
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch {
    throw new MalformedRequestError('ERR failed to parse the body as JSON');
  }
}
