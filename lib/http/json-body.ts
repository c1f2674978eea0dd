import { grouped } from '../orders/faults.ts';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

// No two runs of spaces meet, so that a header of nothing else is not searched over and over.
const JSON_TYPE = /^application\/json *(?:; *(?:charset="?utf-8"? *(?:; *)?)?)?$/i;

/**
 * Reads a JSON body: first its size, whatever it holds, then its type, then what it says.
 *
 * @param bytesMax  the most bytes that a body may have
 */
export function readJsonBody(request: HttpRequest, bytesMax: number): JsonBody {
  const { body, isBase64Encoded, headers } = request;
  if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > bytesMax) {
    return refused(bodyTooLarge(bytesMax, 'A body'));
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    const detail = 'Send the body as "Content-Type: application/json", in UTF-8.';
    return refused(problem('unsupported-media-type', detail));
  }
  try {
    return { kind: 'json', value: parse(isBase64Encoded ? utf8From(body) : body) };
  } catch {
    const detail = 'The body must be one JSON value in UTF-8, without a byte order mark.';
    return refused(problem('invalid-json', detail));
  }
}

/**
 * `JSON.parse`, for member names too that are written with escapes. V8 13.6 (Node 24) can take the
 * name `"\u0061"` for one of another object that it has parsed before, such as `"\\"`: one client's
 * body would change what another's says. So an escape that needs none is undone beforehand.
 */
function parse(text: string): unknown {
  if (!text.includes('\\u00')) return JSON.parse(text);
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"?/gs, (string) => string.replace(ESCAPE, plain)),
  );
}

const ESCAPE = /\\(?:u00([2-7][0-9a-fA-F])|.)/gs;

function plain(written: string, hex: string | undefined): string {
  const character = hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16));
  return /[^"\\\u007f]/.test(character) ? character : written;
}

export function bodyTooLarge(bytesMax: number, what: string): HttpResponse {
  return problem('body-too-large', `${what} may have up to ${grouped(bytesMax)} bytes.`);
}

/** Strict, and a byte order mark stays, to be refused as no JSON. */
function utf8From(base64: string): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return decoder.decode(Buffer.from(base64, 'base64'));
}

function refused(response: HttpResponse): JsonBody {
  return { kind: 'refused', response };
}
