/**
 * What Upstash would bill, as Redis counted it: the calls, those inside scripts too.
 *
 * @param commandstats  the text of `INFO commandstats`
 * @see https://upstash.com/docs/redis/overall/pricing
 */
export function billedCommands(commandstats: string): number {
  let billed = 0;
  for (const [, name = '', calls] of commandstats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) {
    if (!NOT_BILLED.has(name.split('|')[0] ?? '')) billed += Number(calls);
  }
  return billed;
}

/** What belongs to a connection or to the measuring, or frames a transaction: no data command. */
const NOT_BILLED = new Set('info config ping client hello multi exec command memory'.split(' '));
