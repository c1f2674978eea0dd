import { submissionFrom } from '../../lib/orders/content.ts';
import type { Submission } from '../../lib/orders/submission.ts';

/** What was submitted, as a record has it; nothing, once it was erased. */
export function submissionIn(record: string): Submission {
  return (submissionFrom(JSON.parse(record).content) ?? {}) as Submission;
}
