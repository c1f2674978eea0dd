import { onTestFinished } from 'vitest';
import { type ExamineOptions, examine } from '../../../cli/doctor/examine.ts';
import { doctorReport } from '../../../cli/doctor/report.ts';
import { shareConnection } from '../../../local/redis/connection.ts';
import { startRedisServer } from '../../../local/redis/redis-server.ts';
import { startUpstashServer } from '../../../local/upstash/server.ts';
import { type Fate, faultyProxy, type SeenRequest } from '../../support/faulty-proxy.ts';

export type Server = Awaited<ReturnType<typeof ownRedis>>;

/** A Redis for one test, with what REST does not reach: its configuration. */
export async function ownRedis() {
  const redis = await startRedisServer();
  const token = 'doctor-token';
  const upstash = await startUpstashServer({ socketPath: redis.socketPath, token });
  const connection = shareConnection({ socketPath: redis.socketPath });
  return {
    url: upstash.url,
    token,
    /** Sends a command past REST. */
    async command(...command: string[]) {
      const [reply] = await connection.send([command]);
      if (reply?.kind === 'error') throw new Error(reply.text);
      return reply;
    },
    async stop() {
      connection.close();
      await upstash.close();
      await redis.stop();
    },
  };
}

export function environmentOf({ url, token }: { url: string; token: string }, prefix = '') {
  return {
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: token,
    ...(prefix !== '' && { SLUICE_PREFIX: prefix }),
  };
}

/** What doctor finds; each request takes a millisecond, however busy this machine is. */
export async function examined(options: ExamineOptions) {
  let reading = 0;
  const stopwatch = () => {
    reading += 1;
    return reading;
  };
  const parts = await examine({ stopwatch, ...options });
  const findings = parts.flatMap(({ name: part, findings }) =>
    findings.map((finding) => ({ part, ...finding })),
  );
  return {
    parts,
    text: doctorReport(parts),
    /** Such as `conformance/scan`. */
    finding(path: string) {
      const found = findings.find(({ part, name }) => `${part}/${name}` === path);
      if (!found) throw new Error(`${path} was not looked at`);
      return found;
    },
    /** The paths of what is not ok, with how it is. */
    notOk: Object.fromEntries(
      findings
        .filter(({ kind }) => kind === 'wrong' || kind === 'warning')
        .map(({ part, name, kind }) => [`${part}/${name}`, kind]),
    ),
  };
}

/** Scratch keys that are left. */
export async function scratchLeft(server: Server): Promise<number> {
  const reply = await server.command('KEYS', 'sluice-doctor:*');
  return reply?.kind === 'array' ? reply.items.length : -1;
}

/** A proxy before the server that does with some requests what the test says. */
export async function proxied(server: Server, fateOf: (seen: SeenRequest) => Fate) {
  const proxy = await faultyProxy(server, fateOf);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

/** Answers a request with what Redis did not say. */
export function says(body: unknown, status = 200): Fate {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}
