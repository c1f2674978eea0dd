import { onTestFinished } from 'vitest';
import { type ExamineOptions, examine } from '../../../cli/doctor/examine.ts';
import { doctorReport } from '../../../cli/doctor/report.ts';
import { type Fate, faultyProxy, type SeenRequest } from '../../support/faulty-proxy.ts';
import type { Stack } from '../../support/stack.ts';

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
    amiss: Object.fromEntries(
      findings
        .filter(({ kind }) => kind === 'wrong' || kind === 'warning')
        .map(({ part, name, kind }) => [`${part}/${name}`, kind]),
    ),
  };
}

/** Scratch keys that are left. */
export async function scratchLeft(server: Stack): Promise<number> {
  const reply = await server.admin('KEYS', 'sluice-doctor:*');
  return reply?.kind === 'array' ? reply.items.length : -1;
}

/** A proxy before the server that does with some requests what the test says. */
export async function proxied(server: Stack, fateOf: (seen: SeenRequest) => Fate) {
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
