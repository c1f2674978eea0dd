/** What stays of a record once the order was erased. */
export function erasedRecord(client: string, erasedAtMs: number): string {
  return JSON.stringify({ v: 1, erasedAtMs, client });
}

const ERASED = /^\{"v":1,"erasedAtMs":(\d{1,15}),"client":"([^"]+)"\}$/;

/** An order that was erased. */
export interface ErasedOrder {
  readonly client: string;
  readonly erasedAtMs: number;
}

/** Reads what stays of an erased order; `undefined` if the record is another one. */
export function erasedFrom(record: string): ErasedOrder | undefined {
  const [, erasedAtMs, client] = ERASED.exec(record) ?? [];
  return client === undefined ? undefined : { client, erasedAtMs: Number(erasedAtMs) };
}
