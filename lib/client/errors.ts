import type { BatchResult } from './batch-result.ts';
import type { Problem } from './problem.ts';

/** What each error of the client is, but for an abort, which is thrown as its signal's reason. */
export abstract class SluiceError extends Error {}

/**
 * No answer came, at the last of all tries. Whether the request took effect is unknown; a submit
 * is safe to repeat under the same key.
 */
export class Unreachable extends SluiceError {
  override readonly name = 'Unreachable';
  /** Whether this client has had any answer before: if not, its URL may be wrong. */
  readonly hasAnswered: boolean;

  constructor(message: string, { hasAnswered }: { hasAnswered: boolean }) {
    super(message);
    this.hasAnswered = hasAnswered;
  }
}

/** What answered is not this API, or one that this client does not understand. */
export class UnexpectedAnswer extends SluiceError {
  override readonly name = 'UnexpectedAnswer';
}

/** The API refused the request, and `problem` says why. Each meaning has a class of its own. */
export abstract class Refused extends SluiceError {
  readonly problem: Problem;

  constructor(message: string, problem: Problem) {
    super(message);
    this.problem = problem;
  }
}

/** 400, 413, 415: the request is not as it must be. */
export class InvalidRequest extends Refused {
  override readonly name = 'InvalidRequest';
}

/** 401: nobody has this key. */
export class Unauthorized extends Refused {
  override readonly name = 'Unauthorized';
}

/** 403: the key lacks the scope. */
export class Forbidden extends Refused {
  override readonly name = 'Forbidden';
}

/** 404: no such order among those that the key may see. */
export class NotFound extends Refused {
  override readonly name = 'NotFound';
}

/** 409: the order's state does not allow it, or a drain is running. */
export class Conflict extends Refused {
  override readonly name = 'Conflict';
}

/** 422: the idempotency key stands for another order, which is unchanged. */
export class KeyReused extends Refused {
  override readonly name = 'KeyReused';
}

/** 429, at the last of all tries: nothing of the request was done. */
export class TooManyRequests extends Refused {
  override readonly name = 'TooManyRequests';
}

/**
 * 5xx, at the last of all tries. Whether the request took effect is unknown; a submit is safe to
 * repeat under the same key.
 */
export class Unavailable extends Refused {
  override readonly name = 'Unavailable';
}

/**
 * A batch that had to be sent in parts failed after some of them were answered. The others are safe
 * to submit again under the same keys; `cause` is what went wrong.
 */
export class SubmitInterrupted extends SluiceError {
  override readonly name = 'SubmitInterrupted';
  /** The results there are, by the place of their order in the batch. */
  readonly results: ReadonlyMap<number, BatchResult>;

  constructor(results: ReadonlyMap<number, BatchResult>, cause: unknown) {
    super('A part of the batch was submitted, and then it failed.', { cause });
    this.results = results;
  }
}

const BY_STATUS: Readonly<Record<number, new (message: string, problem: Problem) => Refused>> = {
  400: InvalidRequest,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  413: InvalidRequest,
  415: InvalidRequest,
  422: KeyReused,
  429: TooManyRequests,
};

/** The error for a problem; `undefined` for a status that the API does not answer with. */
export function refusalOf(problem: Problem, message: string): Refused | undefined {
  const { status, type } = problem;
  // A 404 of anything but the API is about the path, and not about an order.
  if (status === 404 && type !== '/problems/not-found') return undefined;
  if (status >= 500) return new Unavailable(message, problem);
  const Meant = BY_STATUS[status];
  return Meant && new Meant(message, problem);
}
