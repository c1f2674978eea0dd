import type { Activity } from '../lib/contract/activity-schemas.ts';
import type { Stats } from '../lib/contract/operator-schemas.ts';
import type { Me } from '../lib/contract/schemas.ts';

/** What the page and its server say to each other. The page takes types from here, and no code. */

/** Why the API gave no answer that the page can use. */
export interface ApiFailure {
  readonly kind:
    | 'unreachable'
    | 'unauthorized'
    | 'forbidden'
    | 'too-many-requests'
    | 'unavailable'
    | 'unexpected'
    | 'not-found'
    | 'gone'
    | 'conflict'
    | 'invalid';
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** A sentence, from the API if it sent one. */
  readonly detail: string;
  readonly retryAfterS?: number;
  /** Whether a change may have been made all the same. */
  readonly isOutcomeUnknown: boolean;
}

/** The answer to a call that went on to the API. */
export type Reply<T> =
  | {
      readonly kind: 'answered';
      /** The API's clock when it answered, Unix milliseconds. */
      readonly atMs: number;
      readonly body: T;
      /** The body as it came, where the page shows it to the letter. */
      readonly text?: string;
    }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

/** What was read, and when by the API's clock. */
export interface Dated<T> {
  readonly atMs: number;
  readonly body: T;
}

export type StatsDetail = NonNullable<Stats['detail']>;

/** Everything that every screen needs, read once for all tabs. */
export interface Live {
  /** The API's clock as this was sent, Unix milliseconds. */
  readonly nowMs: number;
  /** Where the API is, without its path. */
  readonly api: string;
  /** Who the key belongs to; missing until the API has said so. */
  readonly me?: Me;
  readonly stats?: Dated<Stats>;
  readonly detail?: Dated<StatsDetail>;
  /** The last hour by the minute. */
  readonly activity?: Dated<Activity>;
  /** What the system costs at the rate of the last minutes. */
  readonly cost?: Cost;
  /** Why the last question was not answered; the figures are then the last that came. */
  readonly failure?: ApiFailure & {
    readonly sinceMs: number;
    readonly nextTryAtMs: number;
  };
  /** Asking before this time gets the same figures. */
  readonly nextAtMs: number;
  /** Why the server refuses changes; missing where it does not. */
  readonly readOnly?: ReadOnly;
  readonly spent: Spent;
  /** Redis commands that it takes to put a hundred dead orders back, and to produce them. */
  readonly redriveCommands: number;
}

export type ReadOnly = 'flag' | 'scope' | 'unknown';

export interface Cost {
  readonly commandsPerMinute: number;
  /** As Redis counts them; else estimated. */
  readonly isMeasured: boolean;
  readonly dollarsPerDay: number;
  /** Missing where none was produced. */
  readonly dollarsPerMillionOrders?: number;
}

/** What this console has cost since it was started. */
export interface Spent {
  readonly sinceMs: number;
  readonly requests: number;
  readonly commands: number;
  readonly dollars: number;
  /** Whose price it is, and of which day. */
  readonly price: {
    readonly dollarsPerMillion: number;
    readonly source: string;
    readonly asOf: string;
  };
}
