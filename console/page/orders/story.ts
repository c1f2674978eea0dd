import type { Explanation } from '../../../lib/contract/explanation-schemas.ts';
import type { OrderDocument } from '../../../lib/contract/schemas.ts';
import { count, duration } from '../format.ts';

/** One thing that happened to an order, or will. */
export interface StoryEvent {
  /** Missing where it is not kept when it was. */
  readonly at?: string;
  readonly kind: 'step' | 'failed' | 'unanswered' | 'good' | 'end' | 'ahead';
  readonly what: string;
  /** Who did it, and other facts, each a few words. */
  readonly facts: readonly string[];
  /** What a producer said, to the letter. */
  readonly reason?: string;
  /** How long it took from the event before, in words. */
  readonly gap?: string;
}

type Failure = NonNullable<OrderDocument['lastError']>;

/** An order's story, the first thing first. */
export function storyOf(order: OrderDocument, explanation: Explanation | undefined): StoryEvent[] {
  const begun: StoryEvent[] = [
    {
      at: order.acceptedAt,
      kind: 'step',
      what: 'accepted',
      facts: [
        `key ${order.idempotencyKey}`,
        ...(order.reference === undefined ? [] : [`reference ${order.reference}`]),
      ],
    },
    ...(order.produceAt === undefined
      ? []
      : [{ at: order.produceAt, kind: 'step', what: 'its time came', facts: [] } as const]),
    ...(order.replaced ?? []).map(
      ({ replacedAt }) => ({ at: replacedAt, kind: 'step', what: 'replaced', facts: [] }) as const,
    ),
  ];
  const events = [...begun, ...attemptsOf(order), ...presentOf(order, explanation)];
  return withGaps(inTime(events), Date.parse(explanation?.at ?? order.updatedAt));
}

function attemptsOf(order: OrderDocument): StoryEvent[] {
  const failures = [
    ...(order.history ?? []).toReversed(),
    ...(order.lastError ? [order.lastError] : []),
  ];
  const later = order.status === 'producing' || order.status === 'produced' ? 1 : 0;
  return failures.flatMap((failure, index) => {
    const number = order.attempts - later - (failures.length - 1 - index);
    const isFirstAfterRedrive = number === 1 && index > 0;
    return [
      ...(isFirstAfterRedrive
        ? [{ kind: 'step', what: 'put back', facts: ['its attempts count from 0 again'] } as const]
        : []),
      ...claimOf(failure, number),
      failureOf(failure),
    ];
  });
}

function claimOf(failure: Failure, number: number): StoryEvent[] {
  if (failure.claimedAt === undefined) return [];
  const facts = [...holderOf(failure), ...(number > 0 ? [`attempt ${number}`] : [])];
  return [{ at: failure.claimedAt, kind: 'step', what: 'claimed', facts }];
}

function failureOf(failure: Failure): StoryEvent {
  const { at, kind, reason, claimedAt, token } = failure;
  if (kind === 'unanswered') {
    const says = token === undefined ? 'its drain' : count(token);
    return {
      ...{ at, kind: 'unanswered', what: 'no answer' },
      facts: [
        ...(claimedAt === undefined ? holderOf(failure) : []),
        `its lease ended; nothing that ${says} says counts any more`,
      ],
    };
  }
  const took = claimedAt === undefined ? undefined : Date.parse(at) - Date.parse(claimedAt);
  return {
    ...{ at, kind: 'failed', what: kind === 'rejected' ? 'rejected' : 'failed', reason },
    facts: took === undefined || took < 0 ? [] : [`took ${duration(took)}`],
  };
}

function holderOf(who: {
  readonly token?: number | undefined;
  readonly slot?: number | undefined;
  readonly holder?: string | undefined;
}): string[] {
  const { token, slot, holder } = who;
  return [
    ...(token === undefined ? [] : [`token ${count(token)}`]),
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(holder === undefined ? [] : [`drain ${holder.slice(0, 8)}`]),
  ];
}

/** Where it is now, and what comes next. */
function presentOf(order: OrderDocument, explanation: Explanation | undefined): StoryEvent[] {
  const { status, updatedAt, producedAt, orderNumber, nextAttemptAt, produceAt } = order;
  const facts = explanation?.facts ?? {};
  switch (status) {
    case 'producing':
      return [
        {
          ...atIf(facts.claimedAt),
          kind: 'step',
          what: 'claimed',
          facts: [...holderOf(facts), `attempt ${order.attempts}`],
        },
        { ...atIf(facts.leaseEndsAt), kind: 'ahead', what: 'its lease ends', facts: [] },
      ];
    case 'produced':
      return [
        {
          at: producedAt ?? updatedAt,
          kind: 'good',
          what: 'produced',
          facts: orderNumber === undefined ? [] : [`number ${orderNumber}`],
        },
      ];
    case 'canceled':
      return [{ at: updatedAt, kind: 'end', what: 'canceled', facts: [] }];
    case 'dead':
      return [{ at: updatedAt, kind: 'end', what: 'dead', facts: ['not retried by itself'] }];
    default: {
      const next = nextAttemptAt ?? (status === 'scheduled' ? produceAt : facts.turnAt);
      const what = nextAttemptAt === undefined ? 'its turn' : 'next attempt';
      return next === undefined ? [] : [{ at: next, kind: 'ahead', what, facts: [] }];
    }
  }
}

function atIf(at: string | undefined) {
  return at === undefined ? {} : { at };
}

/** Clocks of instances differ a little; what has no time stays behind what it followed. */
function inTime(events: readonly StoryEvent[]): StoryEvent[] {
  let lastMs = Number.NEGATIVE_INFINITY;
  const placed = events.map((event) => {
    const atMs = event.at === undefined ? lastMs : Date.parse(event.at);
    lastMs = atMs;
    return { event, atMs };
  });
  return placed.toSorted((a, b) => a.atMs - b.atMs).map(({ event }) => event);
}

function withGaps(events: readonly StoryEvent[], nowMs: number): StoryEvent[] {
  return events
    .filter(
      ({ what, at }) => what !== 'its time came' || (at !== undefined && Date.parse(at) <= nowMs),
    )
    .map((event, index, all) => {
      const before = all[index - 1];
      if (event.at === undefined || before?.at === undefined || event.kind === 'failed')
        return event;
      const ms = Date.parse(event.at) - Date.parse(before.at);
      return ms > 0 ? { ...event, gap: `+${duration(ms)}` } : event;
    });
}
