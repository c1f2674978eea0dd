/** Where the page is: a screen, what it shows, and its filters, all of it in the address. */
export interface Route {
  readonly screen: 'now' | 'orders' | 'order' | 'dead' | 'health' | 'runbook';
  /** Of an order, or of a section of the runbook. */
  readonly id?: string;
  readonly query: Readonly<Record<string, string>>;
}

const SCREENS: Readonly<Record<string, Route['screen']>> = {
  now: 'now',
  orders: 'orders',
  'dead-letters': 'dead',
  health: 'health',
};

export function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', id] = path.split('/');
  const query = Object.fromEntries(new URLSearchParams(search));
  if (name === 'orders' && id) return { screen: 'order', id: decoded(id), query };
  if (name === 'runbook' && id) return { screen: 'runbook', id: decoded(id), query };
  return { screen: SCREENS[name] ?? 'now', query };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hrefOf(
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  const search = new URLSearchParams(given).toString();
  return `#/${path}${search && `?${search}`}`;
}

export function orderHref(id: string): string {
  return `#/orders/${encodeURIComponent(id)}`;
}
