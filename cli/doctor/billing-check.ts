import { billedCommands } from '../../local/billed-commands.ts';
import { type Check, ok, unknown, type Verdict, warning } from './check.ts';
import { infoFields } from './figures.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

/** The call, and so many commands inside. */
const INNER = 9;
const SCRIPT = `
for i = 1, ${INNER} do redis.call('SET', KEYS[1], i, 'PX', ARGV[1]) end
return {1}`;

/** What one script costs, as the database itself counts. */
export const BILLING_CHECK: Check<RedisSide> = {
  name: 'script cost',
  looksAt: `what a script of ${INNER} commands is counted as`,
  async run(side): Promise<Verdict> {
    const before = await countOf(side);
    const keys = [side.scratch.key('billed')];
    await side.client.redis.eval(SCRIPT, keys, [String(SCRATCH_TTL_MS)]);
    const after = await countOf(side);
    if (before === undefined || after === undefined) {
      return unknown(
        'this database does not tell how many commands it ran',
        'Look at the commands of today in the Upstash console, run this command again, and look ' +
          'again: what was added is to be about the number that is printed at the end.',
      );
    }
    const counted = after - before;
    if (counted === INNER + 1) return ok(`${counted}: the call and each command inside`);
    // Others use the database too, so more says little; less is another way of counting.
    if (counted > INNER + 1) {
      return warning(
        `${counted} instead of ${INNER + 1}; others may have used the database meanwhile`,
        'Run doctor again while nothing else runs, to know.',
      );
    }
    return ok(`${counted}: it counts less than the call and each of the ${INNER} inside`);
  },
};

/** How many commands Redis says that it ran, those of scripts too; undefined where it doesn't. */
export async function countOf({ client }: RedisSide): Promise<number | undefined> {
  const stats = String(await client.redis.exec(['INFO', 'commandstats']));
  if (/^cmdstat_/m.test(stats)) return billedCommands(stats);
  const total = infoFields(String(await client.redis.exec(['INFO', 'stats'])));
  const processed = Number(total.get('total_commands_processed') ?? Number.NaN);
  return Number.isNaN(processed) ? undefined : processed;
}
