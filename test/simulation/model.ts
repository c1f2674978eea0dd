import type { Plan, PlannedOrder } from './plan.ts';

/** What the checker remembers of one order beyond what the store holds. */
export interface OrderMemory {
  readonly planned: PlannedOrder;
  /** How often the store took it for new. */
  accepted: number;
  /** How often its client was told that it is new. */
  acceptedTold: number;
  /** Claims that Redis executed, less those given back untried. */
  attempts: number;
  /** Whether it was claimed at all. */
  wasClaimed: boolean;
  /** Its hash was lost: it may be twice in the queue, and what it counted begins anew. */
  isDamaged: boolean;
  /** The receipt that its client was told first, as JSON. */
  receipt: string | undefined;
  /** Its effect outside: the number that the system behind gave it. */
  effect: number | undefined;
  /** A producer has said that no attempt will ever succeed. */
  wasRejected: boolean;
  /** The fencing tokens that it was sent under to the system behind, other than in a batch of POSTs. */
  readonly sentUnder: Set<number>;
  /** What was sent of it, alone. */
  sentBody: string | undefined;
  /** An answer that would have told its number was cut off. */
  wasCutOff: boolean;
}

/** What the checker remembers of a run. */
export interface Model {
  readonly attemptsMax: number;
  readonly leaseMs: number;
  readonly orders: ReadonlyMap<string, OrderMemory>;
  /** The greatest fencing token that was ever given out. */
  tokenMax: number;
  /** The store lost a fencing token, so that the next is given out a second time. */
  isFenceDamaged: boolean;
}

export function createModel({ orders: planned, attemptsMax, leaseMs }: Plan): Model {
  const orders = planned.map((order): [string, OrderMemory] => [
    order.id,
    {
      planned: order,
      accepted: 0,
      acceptedTold: 0,
      attempts: 0,
      wasClaimed: false,
      isDamaged: false,
      receipt: undefined,
      effect: undefined,
      wasRejected: false,
      sentUnder: new Set(),
      sentBody: undefined,
      wasCutOff: false,
    },
  ]);
  return { attemptsMax, leaseMs, orders: new Map(orders), tokenMax: 0, isFenceDamaged: false };
}
