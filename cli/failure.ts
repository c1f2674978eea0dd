/**
 * Exit codes of the command: 0 done, 1 none of it was done, or a failure, 2 wrong usage, 3 some of it
 * was done, 130 interrupted (128 + SIGINT).
 */
export const EXIT = { done: 0, failed: 1, usage: 2, some: 3, interrupted: 130 } as const;

/** What the operator can fix: the message says what is wrong and what to do, with no stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** A wrong command line, setting or column name: nothing was sent. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(message, { exitCode: EXIT.usage });
}
