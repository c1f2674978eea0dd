import * as z from 'zod/mini';
import { problemSchema } from '../contract/schemas.ts';
import type { Answer } from './answer.ts';

/** Why the API refused a request, or one order of a batch. */
export interface Problem {
  readonly status: number;
  /** Such as `/problems/not-dead`, see docs/problems.md; `about:blank` if the answer has none. */
  readonly type: z.infer<typeof problemSchema>['type'] | (string & {});
  /** A sentence, from the server if it sent one. */
  readonly detail: string;
  /** The invalid fields of the body or of the order, as JSON Pointers (RFC 6901). */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  /** Finds the request in the API's log. */
  readonly requestId?: string;
  /** Seconds to wait before another try, if the server says so. */
  readonly retryAfterS?: number;
}

/**
 * Problem details, or the body of what stands in front of the API. Any member may be missing, and a
 * later version of the API may have more types.
 */
export const problemBodySchema = z.extend(z.partial(problemSchema), {
  type: z.optional(z.string()),
  message: z.optional(z.string()),
});

/** Reads an answer with an error status. Of a body of any other kind, only the status counts. */
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

/** The problem in a body that has been checked. */
export function problemOf(status: number, body: z.infer<typeof problemBodySchema>): Problem {
  const { type = 'about:blank', title, detail, message, errors = [] } = body;
  return { status, type, detail: detail ?? title ?? message ?? `HTTP status ${status}`, errors };
}

/** `Retry-After` in seconds; undefined for a date or anything else. */
export function secondsIn(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

/** @returns undefined if the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
