import { submissionFrom } from '../../lib/orders/content.ts';
import type { Submission } from '../../lib/orders/submission.ts';
import { Violation } from './violation.ts';

/** What was submitted, as a record has it. */
export function submissionIn(record: string): Submission {
  const submission = submissionFrom(JSON.parse(record).content);
  if (submission === undefined) throw new Violation(`a record is ${record}`);
  return submission;
}
