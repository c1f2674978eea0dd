/**
 * The address of an API, made to end in a slash so that a stage's path (`/prod/`) stays in front of
 * the routes.
 *
 * @returns undefined for what is no http or https URL, or holds a user name
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

/** Whether a header can carry it as a key: printable ASCII without spaces. */
export function isSendableKey(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}
