/** What an API key or a token may be allowed to do. `orders:admin` implies the other two. */
export const SCOPES = ['orders:write', 'orders:read', 'orders:admin'] as const;
export type Scope = (typeof SCOPES)[number];
