import type { SharedConnection } from '../redis/connection.ts';
import { type Commands, readCommands } from './commands.ts';
import { createLimits, type Limits } from './limits.ts';
import { DEFAULT_RULES, type Rules, type Usage } from './rules.ts';

/** What the parts of the server share: the rules, what was counted, and what is full. */
export type Service = { rules: Rules; usage: Usage; commands: Commands; limits: Limits };

/** @throws RedisGoneError */
export async function openService(
  connection: SharedConnection,
  changes: Partial<Rules> = {},
): Promise<Service> {
  const rules = { ...DEFAULT_RULES, ...changes };
  const usage: Usage = { billedCommands: 0, failures: 0, undeclaredKeys: {} };
  const commands = await readCommands(connection);
  return { rules, usage, commands, limits: createLimits(connection, rules, commands) };
}
