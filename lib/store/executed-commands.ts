import { billedCommands } from './billed-commands.ts';
import type { Store } from './connection.ts';

/**
 * How many commands the database has executed since it was started, those of scripts and of other stages
 * on it included; `null` where it does not tell. INFO is not billed.
 *
 * @throws StoreUnavailable
 * @see https://upstash.com/docs/redis/overall/pricing
 */
export async function executedCommands({ client }: Pick<Store, 'client'>): Promise<number | null> {
  const info = await client.repeatedly((redis) => redis.exec<string>(['INFO', 'all']));
  client.bills(-1);
  // By command where it tells them apart, as some are not billed.
  const billed = billedCommands(info);
  if (billed > 0) return billed;
  const [, commands] = /^total_commands_processed:(\d+)/m.exec(info) ?? [];
  return commands === undefined ? null : Number(commands);
}
