/** What happened in a run, to be told when it fails. Entries are worded only then. */
export interface History {
  /** @param ids  the orders that it concerns; none where it concerns all */
  note(atMs: number, who: string, ids: readonly string[], tell: () => string): void;
  /** The entries that concern an order, or all of them, one line each. */
  tell(id: string | undefined): string[];
}

interface Entry {
  readonly atMs: number;
  readonly who: string;
  readonly ids: readonly string[];
  readonly tell: () => string;
}

/**
 * @param startMs  from when on time is told
 * @param nameOf   a short name for an id
 */
export function createHistory(startMs: number, nameOf: (id: string) => string): History {
  const entries: Entry[] = [];
  return {
    note(atMs, who, ids, tell) {
      entries.push({ atMs, who, ids, tell });
    },
    tell(id) {
      return entries
        .filter(({ ids }) => id === undefined || ids.length === 0 || ids.includes(id))
        .map(({ atMs, who, tell }) => {
          const seconds = ((atMs - startMs) / 1000).toFixed(3).padStart(10);
          return `${seconds} s  ${who.padEnd(12)} ${tell().replace(/ord_[0-9a-v]{32}/g, nameOf)}`;
        });
    },
  };
}
