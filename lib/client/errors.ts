import type { BatchResult } from './batch-result.ts';
import type { Problem } from './problem.ts';

/** The base of all errors of the client. An aborted call throws its signal's reason instead. */
export abstract class SluiceError extends Error {}

/**
 * No answer, after all tries. Whether the request took effect is unknown; a submit is safe to repeat
 * under the same key.
 */
export class Unreachable extends SluiceError {
  override readonly name = 'Unreachable';
  /** Whether this client ever had an answer. If not, its URL may be wrong. */
  readonly hasAnswered: boolean;

  constructor(message: string, { hasAnswered }: { hasAnswered: boolean }) {
    super(message);
    this.hasAnswered = hasAnswered;
  }
}

/** The answer is not from this API, or from a version that this client does not understand. */
export class UnexpectedAnswer extends SluiceError {
  override readonly name = 'UnexpectedAnswer';
}

/** The API refused the request, and `problem` says why. Each meaning has its own class. */
export abstract class Refused extends SluiceError {
  readonly problem: Problem;

  constructor(message: string, problem: Problem) {
    super(message);
    this.problem = problem;
  }
}

/** 400, 413, 415: the request is invalid. */
export class InvalidRequest extends Refused {
  override readonly name = 'InvalidRequest';
}

/** 401: the key is not valid. */
export class Unauthorized extends Refused {
  override readonly name = 'Unauthorized';
}

/** 403: the key lacks the scope. */
export class Forbidden extends Refused {
  override readonly name = 'Forbidden';
}

/** 404: no such order, or none that the key may see. */
export class NotFound extends Refused {
  override readonly name = 'NotFound';
}

/** 409: the order's state does not allow it, or a drain is running. */
export class Conflict extends Refused {
  override readonly name = 'Conflict';
}

/** 410: the order was erased. */
export class Gone extends Refused {
  override readonly name = 'Gone';
}

/** 422: the idempotency key belongs to a different order, which is unchanged. */
export class KeyReused extends Refused {
  override readonly name = 'KeyReused';
}

/** 429, after all tries: nothing was done. */
export class TooManyRequests extends Refused {
  override readonly name = 'TooManyRequests';
}

/**
 * 5xx, after all tries. Whether the request took effect is unknown; a submit is safe to repeat under
 * the same key.
 */
export class Unavailable extends Refused {
  override readonly name = 'Unavailable';
}

/**
 * A batch had to be sent in parts, and one of them failed after others had been answered. The rest is
 * safe to submit again under the same keys; `cause` is what went wrong.
 */
export class SubmitInterrupted extends SluiceError {
  override readonly name = 'SubmitInterrupted';
  /** The results so far, by the index of their order in the batch. */
  readonly results: ReadonlyMap<number, BatchResult>;

  constructor(results: ReadonlyMap<number, BatchResult>, cause: unknown) {
    super('Only a part of the batch was submitted.', { cause });
    this.results = results;
  }
}

const BY_STATUS: Readonly<Record<number, new (message: string, problem: Problem) => Refused>> = {
  400: InvalidRequest,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  410: Gone,
  413: InvalidRequest,
  415: InvalidRequest,
  422: KeyReused,
  429: TooManyRequests,
};

/** The error for a problem; `undefined` for a status that the API does not use. */
export function refusalOf(problem: Problem, message: string): Refused | undefined {
  const { status, type } = problem;
  // A 404 from anything but the API is about the path, not about an order or a SKU.
  const isOurs = type === '/problems/not-found' || type === '/problems/not-tracked';
  if (status === 404 && !isOurs) return undefined;
  if (status >= 500) return new Unavailable(message, problem);
  const Meant = BY_STATUS[status];
  return Meant && new Meant(message, problem);
}
