import * as z from 'zod/mini';
import { batchResultsSchema } from '../contract/schemas.ts';
import type { Answer } from './answer.ts';
import { refusalOf, UnexpectedAnswer } from './errors.ts';
import { parseJson, problemBodySchema, problemIn } from './problem.ts';

/**
 * The body of an answer, checked against the contract and returned as it came, with any members that a
 * later version of the API adds.
 *
 * @throws Refused if the API refused the request, UnexpectedAnswer if the answer is not the API's
 */
export function read<T>(answer: Answer, status: number, schema: z.ZodMiniType<T>): T {
  if (answer.status === status) {
    const body = parseJson(answer.text);
    if (schema.safeParse(body, { jitless: true }).success) return body as T;
    throw unexpected(answer, 'a body that');
  }
  throw errorOf(answer);
}

/** The error for an answer with another status than expected. */
export function errorOf(answer: Answer): Error {
  const problem = problemIn(answer);
  const message = `${answer.url} answered ${problem.status}: ${problem.detail}`;
  return refusalOf(problem, message) ?? unexpected(answer, `${answer.status}, which`);
}

function unexpected({ url }: Answer, what: string): UnexpectedAnswer {
  return new UnexpectedAnswer(
    `${url} does not seem to belong to Sluice's API: it answered with ${what} Sluice would not send.`,
  );
}

const [acceptedSchema, refusedSchema] = batchResultsSchema.shape.results.def.element.def.options;
const resultSchema = z.union([
  acceptedSchema,
  z.extend(refusedSchema, { problem: problemBodySchema }),
]);

/** The answer to a batch: one result for each of its orders, in their order. */
export function resultsSchema(orders: number) {
  return z.object({
    results: z.array(resultSchema).check(
      z.length(orders),
      z.refine((all) => all.every(({ index }, at) => index === at)),
    ),
  });
}
