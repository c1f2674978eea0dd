import type { Environment } from '../lib/settings.ts';
import { examine } from './doctor/examine.ts';
import type { RedisSide } from './doctor/redis-side.ts';
import { doctorJson, doctorReport, isWrong } from './doctor/report.ts';
import { EXIT, usageFailure } from './failure.ts';

export interface DoctorFlags {
  readonly conformance?: true;
  readonly json?: true;
  readonly recordMb?: number;
}

/**
 * `doctor`: looks at Redis and at the API, and says what is wrong and how to fix it.
 *
 * @returns the exit code: 0 where nothing is wrong; what somebody should see to is no fault yet
 * @throws CommandFailure where neither of the two is named
 */
export async function doctorCommand(env: Environment, flags: DoctorFlags): Promise<number> {
  const isConformanceOnly = flags.conformance === true;
  const { UPSTASH_REDIS_REST_URL: redisUrl, SLUICE_URL: url } = env;
  if (!redisUrl && (isConformanceOnly || !url)) {
    throw usageFailure(
      'There is nothing to look at. Set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN for\n' +
        'Redis, SLUICE_URL and SLUICE_KEY for the API; npm start prints those of the local stack.',
    );
  }
  const interruption = clearOnInterruption();
  try {
    const parts = await examine({
      ...{ env, isConformanceOnly, onSide: interruption.watch },
      ...(flags.recordMb !== undefined && { recordBytesMax: flags.recordMb * 1024 * 1024 }),
    });
    process.stdout.write(flags.json ? doctorJson(parts) : doctorReport(parts));
    return isWrong(parts) ? EXIT.failed : EXIT.done;
  } finally {
    interruption.end();
  }
}

/** Ctrl-C deletes the scratch keys before it ends this; a second one ends it at once. */
function clearOnInterruption() {
  let side: RedisSide | undefined;
  const clear = () => {
    end();
    const exit = () => process.exit(EXIT.interrupted);
    if (side === undefined) exit();
    else side.scratch.clear().then(exit, exit);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, clear);
  function end() {
    for (const signal of signals) process.off(signal, clear);
  }
  return {
    watch(one: RedisSide) {
      side = one;
    },
    end,
  };
}
