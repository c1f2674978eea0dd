import { randomBytes } from 'node:crypto';
import { localApiKeys } from './api-keys.ts';
import { startEmulation } from './emulation.ts';
import { startGateway } from './gateway.ts';
import type { ChosenProducer } from './producers.ts';
import { startRedisServer } from './redis/redis-server.ts';
import { startUpstashServer } from './upstash/server.ts';

/** All of Sluice on this machine, behind one port. */
export interface LocalStack {
  readonly url: string;
  /** Redis over HTTP, as the functions see it. */
  readonly redis: { readonly url: string; readonly token: string };
  /** How many commands Upstash would have billed so far. */
  billedCommands(): number;
  /** Settles with what ended, when a part ends that nobody stopped. */
  readonly failed: Promise<string>;
  /** Ends every part, the one that takes orders first and the one that keeps them last. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Where the API listens; 0 for any free port. */
  readonly port: number;
  /** Where Redis keeps its data; without it nothing outlives the stack. */
  readonly dataDir?: string;
  /** Whether what is kept there is thrown away first. */
  readonly isFresh?: boolean;
  /** Whether the schedules fire; they do where it is left out. */
  readonly isScheduled?: boolean;
  /** What produces the orders; order numbers where it is left out. */
  readonly producer?: ChosenProducer;
  /** Gets each line that a function logs. */
  readonly onLog: (line: string) => void;
}

/**
 * Brings up Redis, its REST server, the functions and the gateway; all of them or none.
 *
 * @throws Error that says what to do
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const { port, dataDir, isFresh = false, isScheduled = true, producer, onLog } = options;
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const redis = await startRedisServer(dataDir === undefined ? {} : { dir: dataDir, isFresh });
    started.push(() => redis.stop());

    const token = randomBytes(16).toString('hex');
    const upstash = await startUpstashServer({ socketPath: redis.socketPath, token });
    started.push(() => upstash.close());

    const env = {
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: token,
      SLUICE_API_KEYS: localApiKeys(),
      // Whatever the shell would deploy: the keys here are those above.
      SLUICE_JWT_ISSUER: '',
      SLUICE_JWT_AUDIENCE: '',
      SLUICE_SCHEDULE: isScheduled ? 'on' : 'off',
      ...producer?.env,
    };
    const emulation = await startEmulation(env, onLog);
    started.push(() => emulation.stop());

    const gateway = await startGateway(port, emulation);
    started.push(() => gateway.close());

    const failed = Promise.race([
      redis.exited.then(
        () => 'redis-server ended',
        () => 'redis-server ended',
      ),
      emulation.exited.then(() => 'The emulation of API Gateway ended'),
      ...(producer?.failed === undefined ? [] : [producer.failed]),
    ]);
    const url = `http://localhost:${gateway.port}`;
    const billedCommands = () => upstash.usage.billedCommands;
    return { url, redis: { url: upstash.url, token }, billedCommands, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
