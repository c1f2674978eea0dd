/**
 * The address of an API. It ends in a slash, so that the path of a stage (`/prod/`) is kept.
 *
 * @param isHttpAllowed  whether a key may be sent without TLS to another machine
 * @returns `wrong` unless the text is an http or https URL without credentials; `unsafe` if the key would
 *   leave this machine unencrypted
 */
export function apiUrl(text: string | URL, isHttpAllowed = false): URL | 'wrong' | 'unsafe' {
  if (!URL.canParse(String(text))) return 'wrong';
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) return 'wrong';
  if (url.protocol === 'http:' && !isHttpAllowed && !isLoopback(url.hostname)) return 'unsafe';
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** @param hostname  as a URL has it, which writes every form of an IPv4 address in full */
function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d+){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/** Whether a header can carry the key: printable ASCII without spaces. */
export function isSendableKey(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}
