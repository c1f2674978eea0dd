export type Query = Readonly<Record<string, string>>;

/** What a text in the search field may be, and the query that finds out. */
export interface Try {
  readonly as: 'idempotency key' | 'order number' | 'reference' | 'customer';
  readonly query: Query;
  /** Whether the answer covers all orders: else it is as good as how many were read. */
  readonly isWhole: boolean;
}

const ID = /^ord_[0-9a-v]{32}$/;
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const NUMBER = /^\d{1,16}$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** All that a text can be; the cheap and certain first. */
export function triesOf(text: string): readonly Try[] {
  return [
    ...(KEY.test(text)
      ? [{ as: 'idempotency key', query: { idempotencyKey: text }, isWhole: true } as const]
      : []),
    ...(NUMBER.test(text)
      ? [{ as: 'order number', query: { orderNumber: text }, isWhole: false } as const]
      : []),
    { as: 'reference', query: { reference: text }, isWhole: false },
    { as: 'customer', query: { customer: text }, isWhole: false },
  ];
}
