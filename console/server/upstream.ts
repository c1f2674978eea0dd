import { type Client, type ClientOptions, createClient } from '../../lib/client/client.ts';
import {
  Conflict,
  Forbidden,
  Gone,
  InvalidRequest,
  KeyReused,
  NotFound,
  Refused,
  SluiceError,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UnexpectedAnswer,
} from '../../lib/client/errors.ts';
import { type Platform, platformWith } from '../../lib/client/platform.ts';
import type { ApiFailure, Reply, Spent } from '../protocol.ts';
import { spendingSince } from './spending.ts';

/** The API, as the console calls it: each request once, and what came of it as a value. */
export interface Upstream {
  /** The API's clock as far as it is known, Unix milliseconds: this machine's may be wrong. */
  now(): number;
  /** What all of it has cost. */
  readonly spent: () => Spent;
  read<T>(call: (client: Client) => Promise<T>, isVerbatim?: boolean): Promise<Reply<T>>;
  change<T>(call: (client: Client) => Promise<T>): Promise<Reply<T>>;
}

/** A drain over HTTP answers after 20 s, and settles what it has claimed. */
const CHANGE_MS_MAX = 60_000;
const READ_MS_MAX = 15_000;

/** @throws TypeError if the address or the key is invalid */
export function upstreamOf(
  api: { readonly url: URL; readonly key: string },
  given: Partial<Platform>,
): Upstream {
  const platform = platformWith(given);
  let aheadMs = 0;
  const spending = spendingSince(platform.clock.now());

  /** A client of one call, which keeps the text of its answer. */
  function clientOf(timeoutMs: number) {
    let text: string | undefined;
    const options: ClientOptions = {
      ...platform,
      ...api,
      timeoutMs,
      // The page asks again by itself, and says so; a change is never repeated unseen.
      triesMax: 1,
      async fetch(url, init) {
        const response = await platform.fetch(url, init);
        spending.add(response.headers);
        const dateMs = Date.parse(response.headers.get('date') ?? '');
        // The header has whole seconds, so it is half a second late on average.
        if (Number.isFinite(dateMs))
          aheadMs = settled(aheadMs, dateMs + 500 - platform.clock.now());
        const { status, headers } = response;
        return {
          status,
          headers,
          async text() {
            text = await response.text();
            return text;
          },
        };
      },
    };
    return { client: createClient(options), text: () => text };
  }

  async function ask<T>(
    call: (client: Client) => Promise<T>,
    {
      timeoutMs,
      isVerbatim,
      isChange,
    }: { timeoutMs: number; isVerbatim: boolean; isChange: boolean },
  ): Promise<Reply<T>> {
    const { client, text } = clientOf(timeoutMs);
    try {
      const body = await call(client);
      const verbatim = isVerbatim ? text() : undefined;
      return {
        kind: 'answered',
        atMs: now(),
        body,
        ...(verbatim !== undefined && { text: verbatim }),
      };
    } catch (error) {
      return { kind: 'failed', failure: failureOf(error, isChange) };
    }
  }

  const now = () => platform.clock.now() + aheadMs;
  clientOf(READ_MS_MAX);
  return {
    now,
    spent: spending.sum,
    read: (call, isVerbatim = false) =>
      ask(call, { timeoutMs: READ_MS_MAX, isVerbatim, isChange: false }),
    change: (call) => ask(call, { timeoutMs: CHANGE_MS_MAX, isVerbatim: false, isChange: true }),
  };
}

/** A difference of less than a second is the header's and the network's; the clocks agree then. */
function settled(beforeMs: number, aheadMs: number): number {
  if (Math.abs(aheadMs) < 1_500) return 0;
  return Math.abs(aheadMs - beforeMs) < 1_500 ? beforeMs : aheadMs;
}

const KINDS: readonly [new (...args: never[]) => SluiceError, ApiFailure['kind']][] = [
  [Unauthorized, 'unauthorized'],
  [Forbidden, 'forbidden'],
  [NotFound, 'not-found'],
  [Gone, 'gone'],
  [Conflict, 'conflict'],
  [InvalidRequest, 'invalid'],
  [KeyReused, 'invalid'],
  [TooManyRequests, 'too-many-requests'],
  [Unavailable, 'unavailable'],
  [UnexpectedAnswer, 'unexpected'],
];

/** @throws any error that the API client does not throw, as it is a bug of the console */
function failureOf(error: unknown, isChange: boolean): ApiFailure {
  if (!(error instanceof SluiceError)) throw error;
  const kind = KINDS.find(([Meant]) => error instanceof Meant)?.[1] ?? 'unreachable';
  const isLost = kind === 'unreachable' || kind === 'unavailable' || kind === 'unexpected';
  const isOutcomeUnknown = isChange && isLost;
  if (!(error instanceof Refused)) return { kind, detail: error.message, isOutcomeUnknown };
  const { status, detail, errors, retryAfterS } = error.problem;
  const faults = errors.map((fault) => ` ${fault.pointer}: ${fault.detail}`).join('');
  return {
    ...{ kind, status, detail: `${detail}${faults}`, isOutcomeUnknown },
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}
