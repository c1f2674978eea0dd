import { createHash } from 'node:crypto';
import { type HttpResponse, json } from './responses.ts';

/**
 * 200 with the body and its `ETag`, or 304 where the client has it already.
 *
 * @param ifNoneMatch  the request's header, if it has one
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function conditional(body: object, ifNoneMatch: string | undefined): HttpResponse {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  const headers = { etag: `"${digest.slice(0, 22)}"`, 'cache-control': 'private, no-cache' };
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(headers.etag) || known.includes('*')) return { status: 304, headers };
  return json(200, body, headers);
}
