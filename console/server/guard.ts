import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const TOKEN_HEADER = 'x-console-token';

/**
 * Who may talk to the console at all. A page on another site can send requests to 127.0.0.1, and with
 * a name that resolves there (DNS rebinding) even as its own origin, so the address, the origin and the
 * kind of request must be right before anything is looked at.
 *
 * @param authority  the console's own host and port, as the browser sends them
 * @returns why not; undefined for a request of the console's own page, or of none
 */
export function strangerIn(headers: IncomingHttpHeaders, authority: string): string | undefined {
  if (headers.host !== authority) return `This console answers at http://${authority}/ only.`;
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && origin !== `http://${authority}`) {
    return 'This console answers its own page only.';
  }
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'Open the address that the terminal shows; a link on another site does not lead here.';
  }
  return undefined;
}

/** Compares in constant time. Digests, because the lengths may differ. */
export function hasToken(headers: IncomingHttpHeaders, token: string): boolean {
  const given = headers[TOKEN_HEADER];
  if (typeof given !== 'string') return false;
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
