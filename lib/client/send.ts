import type { Answer } from './answer.ts';
import { refusalOf, Unreachable } from './errors.ts';
import type { Platform } from './platform.ts';
import { problemIn, secondsIn } from './problem.ts';
import { isPassing, isUndone, resendDelayMs } from './retry.ts';

/** The API, its caller, and how patient the caller is. */
export interface Endpoint {
  /** Ends in a slash. */
  readonly url: URL;
  readonly key: string;
  /** How long a call may take, milliseconds. */
  readonly timeoutMs: number;
  /** The most tries of a request, 1 or more. */
  readonly triesMax: number;
  /** The same as long as no request of this client was ever answered. */
  readonly triesUnansweredMax: number;
}

/** What each call takes. */
export interface CallOptions {
  /** Ends the call at once when it aborts, even during a request. */
  readonly signal?: AbortSignal;
  /** When it aborts, nothing more is sent, but a request under way is waited for. */
  readonly stop?: AbortSignal;
  /** How long the call may take, retries and pauses included; milliseconds. */
  readonly timeoutMs?: number;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Relative to the API's URL, without a slash in front. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Whether a repeat has no further effect. If it has, the request is repeated only after an answer
   * that says that nothing was done.
   */
  readonly isRepeatable: boolean;
  /** How long one try may take, including the body of its answer; milliseconds. */
  readonly tryMsMax?: number;
}

export type Send = (request: Request, options: CallOptions) => Promise<Answer>;

type Try =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'lost'; readonly reason: string };

const TRY_MS_MAX = 30 * 1000;

/**
 * Makes the function that sends requests to the API, and repeats them while that may help. It throws
 * `Unreachable`, `TooManyRequests` or `Unavailable` when it gives up, or a signal's reason. It returns
 * any other answer.
 */
export function sender(endpoint: Endpoint, platform: Platform): Send {
  const { clock, sleep, random } = platform;
  let hasAnswered = false;
  return async function send(request, { signal, stop, timeoutMs = endpoint.timeoutMs }) {
    const endMs = clock.now() + timeoutMs;
    const ended = AbortSignal.any([signal, stop].filter((one) => one !== undefined));
    ended.throwIfAborted();
    for (let tries = 1; ; tries += 1) {
      const tryMs = Math.min(request.tryMsMax ?? TRY_MS_MAX, endMs - clock.now());
      const outcome = await sendOnce(request, { tryMs, signal });
      if (outcome.kind === 'answered') {
        hasAnswered = true;
        if (!isPassing(outcome.answer.status)) return outcome.answer;
      }
      const delayMs = resendDelayMs(tries, retryAfterS(outcome), random());
      const triesMax = hasAnswered ? endpoint.triesMax : endpoint.triesUnansweredMax;
      const isLast = tries >= triesMax || clock.now() + delayMs >= endMs;
      if (isLast || !mayRepeat(request, outcome)) throw gaveUp(outcome, tries);
      await sleep(delayMs, ended);
    }
  };

  async function sendOnce(
    { method, path, headers, body }: Request,
    { tryMs, signal }: { tryMs: number; signal: AbortSignal | undefined },
  ): Promise<Try> {
    const url = new URL(path, endpoint.url).href;
    const late = new AbortController();
    const takeBack = clock.after(tryMs, () => late.abort());
    try {
      const response = await platform.fetch(url, {
        method,
        headers: { ...headers, authorization: `Bearer ${endpoint.key}` },
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      });
      const header = (name: string) => response.headers.get(name) ?? undefined;
      const text = await response.text();
      return { kind: 'answered', answer: { status: response.status, header, text, url } };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = late.signal.aborted ? `no answer within ${tryMs / 1000} s` : reasonOf(error);
      return { kind: 'lost', reason };
    } finally {
      takeBack();
    }
  }

  function gaveUp(outcome: Try, tries: number): Error {
    if (outcome.kind === 'lost') {
      const message = `Cannot reach the API at ${endpoint.url.href}: ${outcome.reason}`;
      return new Unreachable(message, { hasAnswered });
    }
    const problem = problemIn(outcome.answer);
    const often = tries > 1 ? ` the last of ${tries} times` : '';
    const said = `answered ${problem.status}${often}: ${problem.detail}`;
    return refusalOf(problem, `The API at ${endpoint.url.href} ${said}`) as Error;
  }
}

function mayRepeat({ isRepeatable }: Request, outcome: Try): boolean {
  return isRepeatable || (outcome.kind === 'answered' && isUndone(outcome.answer.status));
}

function retryAfterS(outcome: Try): number {
  if (outcome.kind === 'lost') return 0;
  return secondsIn(outcome.answer.header('retry-after')) ?? 0;
}

/** `fetch` keeps the reason in `cause`, which for `localhost` is an AggregateError. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : cause.message;
}
