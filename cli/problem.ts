import { z } from 'zod';

/**
 * What the API says of a request, or of one order of a batch, that it refuses: problem details
 * (RFC 9457), or the gateway's body.
 */
export const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  message: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

export interface Problem {
  readonly status: number;
  /** One sentence, in the server's words where there are any. */
  readonly detail: string;
  /** Each fault of the body or the order, with a JSON Pointer into it. */
  readonly faults: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Reads the body of an answer with an error status; a body of any other kind is only a status. */
export function readProblem(status: number, body: string): Problem {
  const parsed = problemSchema.safeParse(parseJson(body));
  return problemOf(status, parsed.success ? parsed.data : {});
}

/** The problem that a checked document tells of. */
export function problemOf(
  status: number,
  { title, detail, message, errors = [] }: z.infer<typeof problemSchema>,
): Problem {
  return { status, detail: detail ?? title ?? message ?? `HTTP status ${status}`, faults: errors };
}

/** @returns undefined for what is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
