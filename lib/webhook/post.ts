import { lookup as systemLookup } from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { isPublicAddress, literalAddress } from './addresses.ts';
import type { ReceiverSettings } from './receiver-settings.ts';

/** What came of a POST. Reasons hold nothing that was sent or answered. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter?: string;
      /** Missing where it broke off, came too slowly, or was larger than `BODY_BYTES_MAX`. */
      readonly body?: string;
    }
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The caller's signal fired first. */
  | { readonly kind: 'aborted' };

export type Post = (
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<Reply>;

/** The parts of the network that a test replaces. */
export interface Network {
  readonly resolve: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  readonly isPublic: (address: string) => boolean;
  /** Certificates of authorities, where not those that the machine trusts. */
  readonly ca?: string;
  /** Opens a connection in place of one over TCP. */
  readonly connect?: () => Duplex;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

const SYSTEM_NETWORK: Network = {
  resolve: (hostname) => systemLookup(hostname, { all: true }),
  isPublic: isPublicAddress,
};

/** Enough for the results of 500 orders; what is kept of each is bounded elsewhere. */
export const BODY_BYTES_MAX = 256 * 1024;

/**
 * A connection that was unused for longer is not used again: Lambda freezes between two drains, and
 * what the receiver or a NAT has dropped meanwhile may look alive. Most servers keep theirs for 5 s.
 */
const KEPT_MS_MAX = 4_000;

class AddressRefused extends Error {}

/**
 * POSTs to the receiver, over connections that are kept. Redirects are not followed.
 *
 * Unless its host is allowed to be private, a name is resolved once for each connection, every
 * address that it has must be a public one, and the connection goes to one of these: nothing is
 * resolved a second time in between.
 */
export function createPost(
  settings: Pick<ReceiverSettings, 'url' | 'isPrivateAllowed' | 'concurrency' | 'timeoutMs'>,
  clock: Clock,
  network: Network = SYSTEM_NETWORK,
): Post {
  const { url, isPrivateAllowed, concurrency, timeoutMs } = settings;
  const { Agent, request } = url.protocol === 'https:' ? https : http;
  const isAllowed = (address: string) => isPrivateAllowed || network.isPublic(address);
  const agentWith = (agentOptions: http.AgentOptions) =>
    Object.assign(
      new Agent(agentOptions),
      network.connect && { createConnection: network.connect },
    );
  const agent = agentWith({ keepAlive: true, maxSockets: concurrency });
  const options: RequestOptions & https.RequestOptions = {
    method: 'POST',
    lookup: checkedLookup(network.resolve, isAllowed),
    ...(network.ca !== undefined && { ca: network.ca }),
  };

  async function postBy(
    connection: 'kept' | 'new',
    ...[headers, body, signal]: Parameters<Post>
  ): Promise<Reply> {
    const timeout = new AbortController();
    const cancelTimeout = clock.after(timeoutMs, () => timeout.abort());
    const outgoing = request(url, {
      ...options,
      agent: connection === 'kept' ? agent : agentWith({}),
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.any([timeout.signal, signal]),
    });
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.on('response', resolve);
        // Stays for good: a connection may also break once the answer has begun.
        outgoing.on('error', reject);
        outgoing.end(body);
      });
      return await readReply(answer);
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted' };
      if (timeout.signal.aborted) return { kind: 'unreachable', reason: TIMED_OUT };
      // The receiver closed a kept connection in the moment in which it was used again.
      if (outgoing.reusedSocket && CLOSED.has(codeOf(error))) {
        return await postBy('new', headers, body, signal);
      }
      return { kind: 'unreachable', reason: reasonOf(error) };
    } finally {
      cancelTimeout();
    }
  }

  const literal = literalAddress(url.hostname);
  let underWay = 0;
  let lastUsedAtMs = 0;
  return async (headers, body, signal) => {
    // An address is never resolved, so the lookup does not see it.
    if (literal !== undefined && !isAllowed(literal)) {
      return { kind: 'unreachable', reason: REFUSED };
    }
    if (underWay === 0 && clock.now() - lastUsedAtMs > KEPT_MS_MAX) agent.destroy();
    underWay += 1;
    try {
      return await postBy('kept', headers, body, signal);
    } finally {
      underWay -= 1;
      lastUsedAtMs = clock.now();
    }
  };
}

function checkedLookup(
  resolve: Network['resolve'],
  isAllowed: (address: string) => boolean,
): LookupFunction {
  return (hostname, { all }, callback) => {
    const refuse = (error: Error) => callback(error, '', 0);
    resolve(hostname).then((found) => {
      const [first] = found;
      if (first === undefined || !found.every(({ address }) => isAllowed(address))) {
        return refuse(new AddressRefused());
      }
      if (all) callback(null, [...found]);
      else callback(null, first.address, first.family);
    }, refuse);
  };
}

/** The status decides, also where the body cannot be had. */
async function readReply(answer: IncomingMessage): Promise<Reply> {
  const { statusCode: status = 0, headers } = answer;
  const retryAfter = headers['retry-after'];
  const body = await readBody(answer).catch(() => undefined);
  return {
    kind: 'answered',
    status,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(body !== undefined && { body }),
  };
}

async function readBody(answer: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const CLOSED = new Set<string | undefined>(['ECONNRESET', 'EPIPE']);
const TIMED_OUT = 'The receiver did not answer in time.';
const REFUSED = 'The address of the receiver is a private one, which is not allowed.';

function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return REFUSED;
  const code = codeOf(error);
  return `The receiver could not be reached${code === undefined ? '' : ` (${code})`}.`;
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : undefined;
}
