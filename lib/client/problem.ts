import * as z from 'zod/mini';
import { problemSchema } from '../contract/schemas.ts';
import type { Answer } from './answer.ts';

/** What the API says of a request, or of one order of a batch, that it refuses. */
export interface Problem {
  readonly status: number;
  /** Such as `/problems/not-dead`, which docs/problems.md explains; `about:blank` where none is given. */
  readonly type: z.infer<typeof problemSchema>['type'] | (string & {});
  /** A sentence, in the server's words where there are any. */
  readonly detail: string;
  /** Each fault of the body or of the order, with an RFC 6901 JSON Pointer into it. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  /** What the API's log knows the request by. */
  readonly requestId?: string;
  /** Seconds until it is worth another try, where the server says so. */
  readonly retryAfterS?: number;
}

/**
 * Problem details, or the body of what stands before the API. Every member may be missing, and a
 * later version of the API may know more types.
 */
export const problemBodySchema = z.extend(z.partial(problemSchema), {
  type: z.optional(z.string()),
  message: z.optional(z.string()),
});

/** Reads an answer with an error status; a body of any other kind is only a status. */
export function problemIn(answer: Answer): Problem {
  const parsed = problemBodySchema.safeParse(parseJson(answer.text), { jitless: true });
  const body = parsed.success ? parsed.data : {};
  const requestId = body.instance ?? answer.header('x-request-id');
  const retryAfterS = secondsIn(answer.header('retry-after'));
  return {
    ...problemOf(answer.status, body),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}

/** The problem that a checked document tells of. */
export function problemOf(status: number, body: z.infer<typeof problemBodySchema>): Problem {
  const { type = 'about:blank', title, detail, message, errors = [] } = body;
  return { status, type, detail: detail ?? title ?? message ?? `HTTP status ${status}`, errors };
}

/** `Retry-After` in seconds; a date or anything else counts as none. */
export function secondsIn(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

/** @returns undefined for what is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
