import { type Check, ok, warning, wrong } from './check.ts';
import { conformanceOfData } from './conformance-data.ts';
import { conformanceOfScripts } from './conformance-scripts.ts';
import type { RedisSide } from './redis-side.ts';

const INSTEAD = 'Use an Upstash database, or a Redis of version 7.0 or newer.';

/** Whether the database does what the design presumes. */
export function conformanceChecks(): Check<RedisSide>[] {
  return [...conformanceOfScripts(), ...conformanceOfData()].map(
    ({ name, looksAt, otherwise, isBearable, tryOut }) => ({
      name,
      looksAt,
      async run(side) {
        try {
          return ok(await tryOut(side));
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          const [said = ''] = error.message.split(', command was:');
          if (isBearable) return warning(said.slice(0, 300), otherwise);
          return wrong(said.slice(0, 300), `${otherwise} ${INSTEAD}`);
        } finally {
          // What cannot be deleted now goes by its TTL.
          await side.scratch.clear().catch(() => undefined);
        }
      },
    }),
  );
}
