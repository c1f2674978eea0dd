import type { Store } from './connection.ts';

/** What the last upkeep came to. Times are Unix milliseconds. */
export interface UpkeepReport {
  readonly startMs: number;
  readonly endMs: number;
  readonly isComplete: boolean;
  /** Orders that are kept, as the pass saw them. */
  readonly orders: number;
  /** Of these, the ones that are where their state says, repaired ones included. */
  readonly accountedFor: number;
  readonly found: Readonly<Record<string, number>>;
  readonly repaired: Readonly<Record<string, number>>;
  /** The first findings. */
  readonly listed: readonly { readonly kind: string; readonly id: string }[];
}

/** Keeps the report of an upkeep, in place of the last one. One billed command. */
export async function keepReport({ client, keys }: Store, report: UpkeepReport): Promise<void> {
  await client.repeatedly((redis) => redis.set(keys.upkeep, JSON.stringify(report)));
}

/** The report of the last upkeep, if there was one. One billed command. */
export async function lastReport({ client, keys }: Store): Promise<UpkeepReport | undefined> {
  const text = await client.repeatedly((redis) => redis.get<string>(keys.upkeep));
  return text === null ? undefined : JSON.parse(text);
}
