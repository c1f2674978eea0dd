import type { ProducerName } from '../chaos.ts';
import type { Lasting } from '../lasting.ts';
import type { Entry } from './ledger.ts';
import { startPostgresBehind } from './postgres.ts';
import { startWebhookBehind } from './webhook.ts';

/** The downstream system of the drains: it knows best which orders took effect. */
export interface Behind {
  /** What a drain process finds in its environment. */
  environmentOf(drain: number): Readonly<Record<string, string>>;
  /** A server that can be killed, where it has one. */
  readonly server?: Lasting;
  /** How often it failed by chance, in addition to kills. */
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

/** Starts what stands behind a producer; nothing behind the default one, whose effects are in Redis. */
export async function startBehind(
  producer: ProducerName,
  options: BehindOptions,
): Promise<Behind | undefined> {
  if (producer === 'webhook') return startWebhookBehind(options);
  return producer === 'postgres' ? startPostgresBehind(options) : undefined;
}
