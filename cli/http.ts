import { Failure } from './failure.ts';
import { readProblem } from './problem.ts';
import { isRetried, retryDelayMs, triesMax } from './retry.ts';
import type { Settings } from './settings.ts';
import { printable } from './text.ts';

/** What is not the same in a test: how to wait, and chance. */
export interface Surroundings {
  /** Resolves after `delayMs`, or rejects when `signal` aborts. */
  readonly wait: (delayMs: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Relative to SLUICE_URL, without a slash in front. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long one try may take, its answer's body included. */
  readonly deadlineMs: number;
  /** Gives up the waits between tries, not a request under way. */
  readonly stop?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export type Send = (request: Request) => Promise<Answer>;

type Try = { kind: 'answered'; answer: Answer } | { kind: 'lost'; reason: string };

/**
 * Makes the function that sends requests to the API, again and again while that may help.
 * It throws a Failure when the server can't be reached, refuses the key, or keeps failing;
 * any other answer is the caller's to judge.
 */
export function sender({ url, key }: Settings, { wait, random }: Surroundings): Send {
  let hasAnswered = false;
  return async function send(request) {
    for (let tries = 1; ; tries += 1) {
      const outcome = await sendOnce(request, url, key);
      if (outcome.kind === 'answered') {
        hasAnswered = true;
        refuseWrongKey(outcome.answer, url);
        if (!isRetried(outcome.answer.status)) return outcome.answer;
      }
      if (tries >= triesMax(hasAnswered)) throw gaveUp(outcome, url, hasAnswered, tries);
      const retryAfter =
        outcome.kind === 'answered' ? outcome.answer.headers.get('retry-after') : null;
      await wait(retryDelayMs(tries, retryAfter, random()), request.stop);
    }
  };
}

async function sendOnce(request: Request, url: URL, key: string): Promise<Try> {
  try {
    const response = await fetch(new URL(request.path, url), {
      method: request.method,
      headers: { ...request.headers, authorization: `Bearer ${key}` },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(request.deadlineMs),
    });
    const body = await response.text();
    return {
      kind: 'answered',
      answer: { status: response.status, headers: response.headers, body },
    };
  } catch (error) {
    return { kind: 'lost', reason: lossReason(error, request.deadlineMs) };
  }
}

/** fetch says "fetch failed" and keeps the reason in `cause`, which for `localhost` is an AggregateError. */
function lossReason(error: unknown, deadlineMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${deadlineMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : cause.message;
}

function refuseWrongKey({ status, body }: Answer, url: URL): void {
  if (status === 401) {
    throw new Failure(
      `The API at ${url.href} does not know the key in SLUICE_KEY (401).\n` +
        'Set SLUICE_KEY to a key of this stage; for the local stack, local-admin-key.',
    );
  }
  if (status === 403) {
    throw new Failure(
      `The key in SLUICE_KEY may not do this at ${url.href} (403): ${printable(readProblem(403, body).detail)}\n` +
        'To submit it needs the scope orders:write, to get an order orders:read, for stats and\n' +
        'drain orders:admin; on the local stack, local-admin-key has all of them.',
    );
  }
}

function gaveUp(outcome: Try, url: URL, hasAnswered: boolean, tries: number): Failure {
  if (outcome.kind === 'answered') {
    const { status, body } = outcome.answer;
    return new Failure(
      `The API at ${url.href} answered ${status} the last of ${tries} times: ` +
        printable(readProblem(status, body).detail),
    );
  }
  const advice = hasAnswered
    ? 'It did answer before: check the network and the server.'
    : 'Check that SLUICE_URL is its address, and that it runs (the local stack: npm start).';
  return new Failure(
    `Cannot reach the API at ${url.href}: ${printable(outcome.reason)}.\n${advice}`,
  );
}
