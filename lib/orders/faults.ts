import type * as z from 'zod/mini';

/** What is wrong with one member of a body. */
export interface Fault {
  /** RFC 6901 JSON Pointer of the member itself, also where it is missing or unknown. */
  readonly pointer: string;
  /** A sentence for the developer of the shop. */
  readonly detail: string;
  /** Of a line that cannot be had: how many units can. */
  readonly available?: number;
}

/** A refusal names this many faults at most, so that its size is bounded. */
export const FAULTS_MAX = 100;

/** A longer pointer ends at the member that holds the one meant: what a client sent comes back small. */
const POINTER_CHARACTERS_MAX = 1_024;

/** One fault per broken rule of a member, in the order of the schema. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  const faults: Fault[] = [];
  // A rule may be several of zod's, such as to be whole and in a range: it is broken once.
  const add = (pointer: string, detail: string) => {
    const last = faults.at(-1);
    if (last?.pointer !== pointer || last.detail !== detail) faults.push({ pointer, detail });
  };
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, FAULTS_MAX)) {
        add(pointerTo([...issue.path, key]), 'Is not a known member.');
      }
    } else {
      add(pointerTo(issue.path), issue.message);
    }
    if (faults.length >= FAULTS_MAX) return faults.slice(0, FAULTS_MAX);
  }
  return faults;
}

function pointerTo(path: readonly PropertyKey[]): string {
  const pointer = path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return pointer.length > POINTER_CHARACTERS_MAX ? pointerTo(path.slice(0, -1)) : pointer;
}

/** A number as a sentence has it, such as 1,000,000. (`toLocaleString` takes 15 ms at first.) */
export function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
