import type { Lasting } from '../lasting.ts';
import type { Entry } from './ledger.ts';
import { startOrderNumbersBehind } from './order-numbers.ts';
import { startPostgresBehind } from './postgres.ts';
import { startWebhookBehind } from './webhook.ts';

/** The system behind the drains, outside of Redis: it knows best which orders took effect. */
export interface Behind {
  /** The producer that hands orders to it: a file that exports `createProducer`. */
  readonly producer: URL;
  /** What that finds in the environment of a drain process. */
  environmentOf(drain: number): Readonly<Record<string, string>>;
  /** Whether orders have numbers of Sluice's own. */
  readonly takesNumbers: boolean;
  /** A server that can be killed, where it has one. */
  readonly server?: Lasting;
  /** How often it failed by chance, besides all kills. */
  faults(): number;
  /** From here on it fails no more. */
  heal(): Promise<void>;
  /** What it knows of each order that it ever saw, by id. */
  entries(): Promise<ReadonlyMap<string, Entry>>;
  stop(): Promise<void>;
}

export interface BehindOptions {
  /** How many drain processes there are. */
  readonly drains: number;
  /** A folder for its data. */
  readonly dir: string;
  /** In [0, 1). */
  readonly chance: () => number;
  /**
   * Is told when something that a drain process has sent is to take effect, and when it has and
   * nothing is answered yet.
   *
   * @returns whether the answer shall be lost
   */
  readonly onEffect: (drain: number, when: 'before' | 'after') => boolean;
}

const STARTS = {
  'order-numbers': startOrderNumbersBehind,
  webhook: startWebhookBehind,
  postgres: startPostgresBehind,
};

export type ProducerName = keyof typeof STARTS;

export const PRODUCER_NAMES = Object.keys(STARTS) as ProducerName[];

/** Starts what stands behind a producer, as Sluice names it. */
export function startBehind(producer: ProducerName, options: BehindOptions): Promise<Behind> {
  return STARTS[producer](options);
}
