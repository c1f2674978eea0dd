/** Writes one event as one line of JSON. Fields are ids, counts and reasons, never order data. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** A log whose every line has these fields too. */
export function withFields(log: Log, common: Readonly<Record<string, unknown>>): Log {
  return (level, event, fields) => log(level, event, { ...common, ...fields });
}

// JSON leaves DEL, C1 (a terminal obeys 0x9b) and the Unicode line ends as they are.
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** The log of a Lambda: standard output, where CloudWatch takes each line for one event. */
export function jsonLog(now: () => number, write: (line: string) => void): Log {
  return (level, event, fields) => {
    const line = JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...fields });
    const escaped = line.replace(
      UNSAFE,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    write(`${escaped}\n`);
  };
}
