import type { Clock } from '../../lib/clock.ts';

/** One request and what came of it, told so that each way to fail can be told apart. */
export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The JSON of the answer; undefined where it is none. */
      readonly body: unknown;
      readonly date: string | undefined;
      readonly sentAtMs: number;
      readonly ms: number;
    }
  | { readonly kind: 'lost'; readonly reason: string; readonly mend: string };

/** What a side takes its time from; a test gives others than the machine's. */
export interface Timing {
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly stopwatch?: () => number;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly bearer: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Milliseconds from any start on, finer than `now`. */
  readonly stopwatch: () => number;
}

/** Sends once. It never throws: a fault of the network is an answer here. */
export async function exchange(request: HttpRequest): Promise<Exchange> {
  const { url, method, bearer, body, timeoutMs, now, stopwatch } = request;
  const sentAtMs = now();
  const startedAt = stopwatch();
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const ms = stopwatch() - startedAt;
    const date = response.headers.get('date') ?? undefined;
    return { kind: 'answered', status: response.status, body: jsonIn(text), date, sentAtMs, ms };
  } catch (error) {
    return lossOf(error, { host: new URL(url).host, timeoutMs });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TLS_FAULT = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

function lossOf(error: unknown, { host, timeoutMs }: { host: string; timeoutMs: number }) {
  const code = codeOf(error);
  const lost = (reason: string, mend: string) => ({ kind: 'lost' as const, reason, mend });
  if (error instanceof Error && error.name === 'TimeoutError') {
    return lost(
      `${host} did not answer within ${timeoutMs / 1000} s`,
      'Look whether a firewall is between here and there, and at the status page of the service.',
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return lost(
      `no host has the name ${host} (${code})`,
      'Copy the URL anew: a database that was deleted, or has been unused for long, has no name any more.',
    );
  }
  if (TLS_FAULT.test(code)) {
    return lost(
      `the certificate of ${host} is not trusted here (${code})`,
      'Look whether a proxy stands in between; NODE_EXTRA_CA_CERTS names certificates to trust.',
    );
  }
  return lost(
    `${host} cannot be reached (${code})`,
    'Look whether the URL is right, and whether this machine may connect to it.',
  );
}

/** `fetch` keeps the reason in `cause`, which for a name with two addresses holds several. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const [inner] = cause instanceof AggregateError ? cause.errors : [cause];
  if (inner instanceof Error && 'code' in inner) return String(inner.code);
  return inner instanceof Error ? inner.message : error.message;
}

/** Whether nobody but this machine sees what is sent there. */
export function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || /^127\./.test(hostname) || hostname === '[::1]';
}
