import type * as z from 'zod/mini';

/** What is wrong with one member of a body. */
export interface Fault {
  /** RFC 6901 JSON Pointer of the member itself, also where it is missing or unknown. */
  readonly pointer: string;
  /** A sentence for the developer of the shop. */
  readonly detail: string;
}

/** A refusal names this many faults at most, so that its size is bounded. */
export const FAULTS_MAX = 100;

/** One fault per wrong member, in the order of the schema. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  const faults: Fault[] = [];
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, FAULTS_MAX)) {
        faults.push({ pointer: pointerTo([...issue.path, key]), detail: 'Is not a known member.' });
      }
    } else {
      faults.push({ pointer: pointerTo(issue.path), detail: issue.message });
    }
    if (faults.length >= FAULTS_MAX) return faults.slice(0, FAULTS_MAX);
  }
  return faults;
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
