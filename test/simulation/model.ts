import type { DrainTally } from '../../lib/drain/drain.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import type { Plan, PlannedOrder } from './plan.ts';
import type { SimulatedProcess } from './process.ts';

/** What the checker remembers of one order beyond what the store holds. */
export interface OrderMemory {
  readonly planned: PlannedOrder;
  /** Its place among all that were accepted. */
  seq: number;
  /** How often the store took it for new since it was last forgotten. */
  accepted: number;
  /** How often its client was told that it is new. */
  acceptedTold: number;
  /** Claims since it was accepted or redriven, less those given back untried. */
  claims: number;
  wasClaimed: boolean;
  /** The place of its last claim among all. */
  turn: number;
  /** The tokens under which a producer was handed it, less those given back untried. */
  readonly handed: Set<string>;
  /** A script that moves it failed in its middle, and it is not whole again. */
  isTorn: boolean;
  /** That happened at any time: claims of it before it was forgotten may count afterwards. */
  wasTorn: boolean;
  /** A submit of it failed in its middle: what it left may be in no place. */
  isStranded: boolean;
  /** The receipt that its client was told first, as JSON. */
  receipt: string | undefined;
  /** What a reader was told of its end. */
  end: string | undefined;
  /** Its effect outside: the number that the downstream system gave it. */
  effect: number | undefined;
  /** Whose content it had as it took effect there first, since it was last forgotten. */
  effectOf: string | undefined;
  /** The downstream system was told to erase it. */
  isErasedThere: boolean;
  /** How often it was forgotten. */
  lives: number;
  /** How often it was given another content, or erased. */
  changes: number;
  /** It was canceled since it got the content that it has. */
  wasCanceled: boolean;
  /** A producer has said that no attempt will ever succeed. */
  wasRejected: boolean;
  /** Its client was told last that there is not enough of what it wants. */
  isRefused: boolean;
}

/** One call of a producer. Times in virtual milliseconds. */
export interface ProducerCall {
  readonly process: SimulatedProcess;
  /** `<token>:<holder>`. */
  readonly batch: string;
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
  /** Whether its process stood still, or its clock jumped, since the drain began. */
  readonly isUndisturbed: () => boolean;
  isOver: boolean;
  answers?: ReadonlyMap<string, ProducerAnswer>;
}

/** What the checker remembers of a run. */
export interface Model {
  readonly orders: ReadonlyMap<string, OrderMemory>;
  readonly calls: ProducerCall[];
  /** What drains have reported that came to their end, and when they began by their own clock. */
  readonly drained: ({ readonly atMs: number } & DrainTally)[];
  accepted: number;
  /** Scripts of these clients failed in their middle: when they are looked at is not promised. */
  readonly tornClients: Set<string>;
  /** A script failed in its middle, so that totals and events may differ. */
  wasTorn: boolean;
  /** A script failed in its middle, and stock differs from what the orders say. */
  isStockTorn: boolean;
  /** Of changes of stock that have been made. */
  readonly stockMarks: Set<string>;
}

export function createModel({ orders: planned }: Plan): Model {
  const orders = planned.map((order): [string, OrderMemory] => [
    order.id,
    {
      ...{ planned: order, seq: 0, accepted: 0, acceptedTold: 0, claims: 0, wasClaimed: false },
      turn: 0,
      ...{ handed: new Set(), isTorn: false, wasTorn: false, isStranded: false },
      ...{ receipt: undefined, end: undefined, effect: undefined, wasRejected: false },
      ...{ effectOf: undefined, isErasedThere: false, lives: 0, changes: 0, wasCanceled: false },
      isRefused: false,
    },
  ]);
  return {
    ...{ orders: new Map(orders), calls: [], drained: [], accepted: 0, tornClients: new Set() },
    ...{ wasTorn: false, isStockTorn: false, stockMarks: new Set() },
  };
}
