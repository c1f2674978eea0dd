import type { Store } from './connection.ts';

/**
 * How many commands the database has executed since it was started, those of scripts and of other stages
 * on it included; `null` where it does not tell. INFO is not billed.
 *
 * @throws StoreUnavailable
 * @see https://upstash.com/docs/redis/overall/pricing
 */
export async function executedCommands({ client }: Pick<Store, 'client'>): Promise<number | null> {
  const info = await client.repeatedly((redis) => redis.exec<string>(['INFO', 'stats']));
  client.bills(-1);
  const [, commands] = /^total_commands_processed:(\d+)/m.exec(info) ?? [];
  return commands === undefined ? null : Number(commands);
}
