import { composed } from '../../lib/composition.ts';
import { SecretsUnavailable } from '../../lib/secrets/errors.ts';
import { readSecrets } from '../../lib/secrets/secret-store.ts';
import { secretsOf } from '../../lib/secrets/secrets.ts';
import { lambdaContext } from '../support/functions.ts';
import { virtualTime } from '../support/virtual-time.ts';

const INSTANCES_MAX = 1_000;
const COLD_START_MS = 300;
const HANDLER_MS = 30;
const STORE_MS = 15;
const SECOND_MS = 1_000;

/** What a second of a rush was answered with. */
export interface Second {
  readonly requests: number;
  readonly unavailable: number;
}

type Instance = () => Promise<number>;

/**
 * A function of an account that may run 1,000 at once, in virtual time. The instances run the code that
 * reads, keeps and renews secrets; what is simulated is Lambda, the network and the store's quota.
 *
 * @param quota  reads per second that the store allows; more are throttled
 */
export function startFleet({ quota, random }: { quota: number; random: () => number }) {
  const time = virtualTime();
  // The one that has rested longest is next: whatever an instance has not read, somebody meets.
  const idle: Instance[] = [];
  let instances = 0;
  const send = storeWith(quota, time);

  async function start(): Promise<Instance> {
    await time.sleep(COLD_START_MS);
    const read = (names: readonly string[], timeMs: number) =>
      readSecrets({ send, clock: time, random }, names, timeMs);
    const handle = await composed({
      secrets: secretsOf({ SLUICE_SECRETS: 'sluice/prod' }, { read, clock: time }),
      runtimeIn: (env) => env,
      compose: () => async () => {
        await time.sleep(HANDLER_MS);
        return 202;
      },
    });
    return () => handle({}, lambdaContext());
  }

  /** As `httpFunction` answers. */
  async function request(seconds: { requests: number; unavailable: number }[], second: number) {
    const answered = seconds[second];
    let instance = idle.shift();
    if (instance === undefined) {
      // Lambda refuses what is over its concurrency: that is not the 503 of a function.
      if (instances === INSTANCES_MAX) return;
      instances += 1;
      instance = await start();
    }
    if (answered) answered.requests += 1;
    try {
      await instance();
    } catch (error) {
      if (!(error instanceof SecretsUnavailable)) throw error;
      if (answered) answered.unavailable += 1;
    }
    idle.push(instance);
  }

  return {
    instances: () => instances,
    time,
    /** A thousand requests at once, and a thousand in each second after that. */
    async rush(durationS: number): Promise<readonly Second[]> {
      const seconds = Array.from({ length: durationS }, () => ({ requests: 0, unavailable: 0 }));
      for (let at = 0; at < durationS * 1_000; at += 1) {
        const second = Math.floor(at / 1_000);
        const delayMs = second === 0 ? at / 10 : second * SECOND_MS + (at % 1_000);
        time.after(delayMs, () => void request(seconds, second));
      }
      await time.run((durationS + 30) * SECOND_MS);
      return seconds;
    },
  };
}

function storeWith(quota: number, time: ReturnType<typeof virtualTime>) {
  let tokens = quota;
  let filledAtMs = time.now();
  const answer = { SecretString: '{"SLUICE_API_KEYS":"[]"}' };
  return async () => {
    await time.sleep(STORE_MS);
    tokens = Math.min(quota, tokens + ((time.now() - filledAtMs) / SECOND_MS) * quota);
    filledAtMs = time.now();
    if (tokens < 1) return Response.json({ __type: 'ThrottlingException' }, { status: 400 });
    tokens -= 1;
    return Response.json(answer);
  };
}
