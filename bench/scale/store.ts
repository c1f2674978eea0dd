import { connect, type Store } from '../../lib/store/connection.ts';
import { keysWith } from '../../lib/store/keys.ts';

export function storeOf(server: { url: string; token: string }, prefix: string): Store {
  const client = connect({ ...server, timeoutMs: 60_000, sendsMax: 1, random: Math.random });
  return { client, keys: keysWith(prefix) };
}
