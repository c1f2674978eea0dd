/** What AWS answers instead of what was asked for. */
export interface AwsFault extends Error {
  readonly code: string;
  readonly status: number;
}

export function awsFault(code: string, message: string, status = 400): AwsFault {
  return Object.assign(new Error(message), { code, status });
}

export function isAwsFault(error: unknown): error is AwsFault {
  return error instanceof Error && 'code' in error && 'status' in error;
}
