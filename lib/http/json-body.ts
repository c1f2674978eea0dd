import { grouped } from '../orders/faults.ts';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

// No two runs of spaces meet, so a header of nothing but spaces is searched only once.
const JSON_TYPE = /^application\/json *(?:; *(?:charset="?utf-8"? *(?:; *)?)?)?$/i;

/**
 * Reads a JSON body: first its size, whatever it holds, then its type, then its content.
 *
 * @param bytesMax  the most bytes that a body may have
 */
export function readJsonBody(request: HttpRequest, bytesMax: number): JsonBody {
  const { body, isBase64Encoded, headers } = request;
  if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > bytesMax) {
    return refused(bodyTooLarge(bytesMax, 'A body'));
  }
  if (!isPlainJson(headers)) {
    const detail =
      'Send the body as "Content-Type: application/json", in UTF-8, and without a Content-Encoding.';
    return refused(problem('unsupported-media-type', detail));
  }
  try {
    return { kind: 'json', value: parse(isBase64Encoded ? utf8From(body) : body) };
  } catch {
    const detail = 'The body must be one JSON value in UTF-8, without a byte order mark.';
    return refused(problem('invalid-json', detail));
  }
}

function isPlainJson(headers: HttpRequest['headers']): boolean {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  const isEncoded = encoding !== '' && encoding !== 'identity';
  return !isEncoded && JSON_TYPE.test(headers['content-type'] ?? '');
}

/**
 * `JSON.parse` that is safe for escaped member names. V8 13.6 (Node 24) can mistake the name
 * `"\u0061"` for one of an object that it parsed before, such as `"\\"`: one client's body would
 * change what another's says. So escapes that JSON does not need are undone first.
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

/** Strict; a byte order mark is kept, so that it is refused as invalid JSON. */
function utf8From(base64: string): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return decoder.decode(Buffer.from(base64, 'base64'));
}

function refused(response: HttpResponse): JsonBody {
  return { kind: 'refused', response };
}
