/**
 * The address of an API. It ends in a slash, so that the path of a stage (`/prod/`) is kept.
 *
 * @returns undefined unless the text is an http or https URL without credentials
 */
export function apiUrl(text: string | URL): URL | undefined {
  if (!URL.canParse(String(text))) return undefined;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Whether a header can carry the key: printable ASCII without spaces. */
export function isSendableKey(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}
