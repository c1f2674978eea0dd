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
const FAULTS_MAX = 100;

/** A longer pointer ends at the member that holds the one meant: what a client sent comes back small. */
const POINTER_CHARACTERS_MAX = 1_024;

/** What is wrong with one body, in the order in which it was found. */
export interface FaultList {
  /** Up to `FAULTS_MAX`. */
  readonly faults: readonly Fault[];
  add(path: readonly PropertyKey[], detail: string): void;
  /** A member that breaks a rule, or is missing: its value is `undefined` then. */
  broken(path: readonly PropertyKey[], value: unknown, rule: string): void;
  /** Members beside those that are known. */
  unknown(path: readonly PropertyKey[], members: object, known: ReadonlySet<string>): void;
}

export function faultList(): FaultList {
  const faults: Fault[] = [];
  function add(path: readonly PropertyKey[], detail: string): void {
    if (faults.length >= FAULTS_MAX) return;
    const pointer = pointerTo(path);
    const last = faults.at(-1);
    // A rule may be several checks, such as to be whole and in a range: it is broken once.
    if (last?.pointer !== pointer || last.detail !== detail) faults.push({ pointer, detail });
  }
  return {
    faults,
    add,
    broken: (path, value, rule) => add(path, must(rule).error({ input: value })),
    unknown(path, members, known) {
      for (const name in members) {
        if (!known.has(name)) add([...path, name], 'Is not a known member.');
      }
    },
  };
}

/** A message for zod that also says when the member is not there at all. */
export function must(rule: string) {
  return {
    error: (issue: { input?: unknown }) =>
      issue.input === undefined ? `Is missing: it must be ${rule}.` : `Must be ${rule}.`,
  };
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
