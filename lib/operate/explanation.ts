import type { Explanation } from '../contract/explanation-schemas.ts';
import { pauseDocument } from '../contract/operator-documents.ts';
import { grouped } from '../orders/faults.ts';
import { holderParts, slotIn } from '../orders/holder.ts';
import { formatInstant } from '../orders/instant.ts';
import type { OrderFacts } from '../store/facts.ts';
import { clockTime, duration, maskedCount, quoted, rateOf } from './wording.ts';

/** Orders that are ready for longer than this while no drain was noted are not drained. */
const DRAIN_MS_MAX = 2 * 60_000;
/** The daily upkeep, UTC; `serverless.yml` has its schedule. */
const UPKEEP_MINUTE = 3 * 60 + 30;
const DAY_MS = 86_400_000;

export interface Asker {
  readonly nowMs: number;
  readonly attemptsMax: number;
  /** Whether to tell what concerns all clients, such as who has paused the drains. */
  readonly isAdmin: boolean;
}

type Known = Extract<OrderFacts, { readonly kind: 'order' }>;
type Told = Pick<Explanation, 'kind' | 'sentence' | 'facts' | 'offers'>;

/** Says why an order is not produced, from facts: the first row of this table that fits. */
export function explained(id: string, facts: Known | { kind: 'lost' }, asker: Asker): Explanation {
  const told = facts.kind === 'lost' ? lost() : explainedOrder(facts, asker);
  const offers = asker.isAdmin ? told.offers : told.offers.filter((offer) => offer === 'cancel');
  return { id, ...told, offers, at: formatInstant(asker.nowMs) };
}

function explainedOrder(facts: Known, asker: Asker): Told {
  const { order, place, pause } = facts;
  const { nowMs } = asker;
  if (order.status === 'produced' || order.status === 'canceled') {
    return place.isAmongEnded === false ? stranded(nowMs) : ended(facts);
  }
  if (order.status === 'dead') return dead(facts);
  const { pendingAtMs } = place;
  if (pendingAtMs === undefined && place.before === undefined) return stranded(nowMs);
  if (order.status === 'producing') return leased(facts, asker);
  if (pendingAtMs !== undefined && pendingAtMs > nowMs) return later(facts, asker, pendingAtMs);
  if (pause !== undefined) return paused(pause, asker);
  return ready(facts, asker);
}

function ended({ order }: Known): Told {
  const endedAtMs = order.producedAtMs ?? order.updatedAtMs;
  const number = order.orderNumber === undefined ? '' : ` Its number is ${order.orderNumber}.`;
  const verb = order.status === 'produced' ? 'produced' : 'canceled';
  return {
    kind: verb,
    sentence: `It was ${verb} at ${clockTime(endedAtMs, endedAtMs)}.${number}`,
    facts: {
      endedAt: formatInstant(endedAtMs),
      ...(order.orderNumber !== undefined && { orderNumber: order.orderNumber }),
    },
    offers: [],
  };
}

function dead({ order, place: { otherReasons = [], deadAtMs } }: Known): Told {
  const { attempts, lastError } = order;
  const atMs = deadAtMs ?? order.updatedAtMs;
  const reason = lastError?.reason ?? 'No reason was given.';
  const count = maskedCount(reason, otherReasons);
  const same =
    count === 0
      ? ''
      : ` ${grouped(count)} of the ${grouped(otherReasons.length)} newest others died of the same.`;
  const how =
    lastError?.kind === 'rejected'
      ? 'It was rejected'
      : `It died after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  return {
    kind: 'dead',
    sentence: `${how} at ${clockTime(atMs, atMs)}: ${quoted(reason)}.${same}`,
    facts: {
      ...{ attempts, endedAt: formatInstant(atMs) },
      lastError: { reason, at: formatInstant(lastError?.atMs ?? atMs) },
      sameReason: { count, examined: otherReasons.length },
    },
    offers: ['reasons', 'redrive', 'cancel'],
  };
}

function leased({ order, owner = '', place }: Known, { nowMs, attemptsMax }: Asker): Told {
  const [, token, name = ''] = /^(\d+):\d+:(.+)$/s.exec(owner) ?? [];
  const { holder, claimedAtMs } = holderParts(name);
  const slot = slotIn(holder);
  const endMs = place.pendingAtMs ?? nowMs;
  const who = `Drain ${grouped(Number(token))}${slot === undefined ? '' : ` (slot ${slot})`}`;
  const facts = {
    ...{ token: Number(token), holder, attempts: order.attempts, attemptsMax },
    ...(slot !== undefined && { slot }),
    ...(claimedAtMs !== undefined && { claimedAt: formatInstant(claimedAtMs) }),
    leaseEndsAt: formatInstant(endMs),
  };
  if (endMs > nowMs) {
    const since =
      claimedAtMs === undefined ? 'has it' : `has had it for ${duration(nowMs - claimedAtMs)}`;
    const sentence = `${who} ${since}; its lease ends at ${clockTime(endMs, nowMs)}.`;
    return { kind: 'leased', sentence, facts, offers: [] };
  }
  return {
    kind: 'unanswered',
    sentence:
      `${who} had it and has not answered; its lease ended at ${clockTime(endMs, nowMs)}. It is free for ` +
      `the next claim, and is then tried alone (attempt ${order.attempts} of ${attemptsMax} failed).`,
    facts,
    offers: ['drain'],
  };
}

function later({ order, place }: Known, { nowMs, attemptsMax }: Asker, dueMs: number): Told {
  const { lastError, attempts, nextAttemptAtMs } = order;
  const when = `${clockTime(dueMs, nowMs)}, in ${duration(dueMs - nowMs)}`;
  const facts = { dueAt: formatInstant(dueMs), attempts, attemptsMax };
  if (lastError === undefined || nextAttemptAtMs === undefined) {
    const depth = place.depth === undefined ? {} : { depth: place.depth };
    const sentence = `It waits for its time: ${when}.`;
    return { kind: 'scheduled', sentence, facts: { ...facts, ...depth }, offers: ['cancel'] };
  }
  const failed = `Attempt ${attempts} of ${attemptsMax} failed at ${clockTime(lastError.atMs, nowMs)}`;
  return {
    kind: 'retry',
    sentence: `${failed}: ${quoted(lastError.reason)}. Next try at ${when}.`,
    facts: { ...facts, lastError: { reason: lastError.reason, at: formatInstant(lastError.atMs) } },
    offers: ['cancel'],
  };
}

function paused(pause: NonNullable<Known['pause']>, { nowMs, isAdmin }: Asker): Told {
  const until = clockTime(pause.untilMs, nowMs);
  const reason = pause.reason === undefined ? '' : ` (${quoted(pause.reason)})`;
  return {
    kind: 'paused',
    sentence: isAdmin ? `Paused by ${pause.by} until ${until}${reason}.` : `Paused until ${until}.`,
    facts: isAdmin ? { pause: pauseDocument(pause) } : { dueAt: formatInstant(pause.untilMs) },
    offers: ['resume', 'cancel'],
  };
}

/** It could be claimed now. */
function ready({ order, place, drains, lastSeenMs }: Known, { nowMs, isAdmin }: Asker): Told {
  const latest = drains.toSorted((one, other) => other.endMs - one.endMs);
  const readyMs = Math.max(order.updatedAtMs, place.pendingAtMs ?? 0, order.produceAtMs ?? 0);
  const isLate = nowMs - Math.max(readyMs, latest[0]?.endMs ?? 0) > DRAIN_MS_MAX;
  const seen = lastSeenMs === undefined ? {} : { lastDrainAt: formatInstant(lastSeenMs) };
  if (isLate) {
    const since =
      lastSeenMs === undefined ? 'in the last 15 min' : `since ${clockTime(lastSeenMs, nowMs)}`;
    const sentence = `No drain has run ${since}.`;
    return { kind: 'no-drain', sentence, facts: seen, offers: ['drain', 'runbook'] };
  }
  const up = latest.findIndex(({ ending }) => ending !== 'producer-down');
  const failedDrains = up === -1 ? latest.length : up;
  if (failedDrains > 0) {
    const error = latest[0]?.error;
    const which = failedDrains === 1 ? 'last drain' : `last ${failedDrains} drains`;
    const told = isAdmin && error !== undefined ? `: ${quoted(error)}` : '';
    return {
      kind: 'producer-down',
      sentence: `The producer has failed in the ${which}${told}. Orders wait and lose no attempt.`,
      facts: {
        ...seen,
        failedDrains,
        ...(isAdmin && error !== undefined && { producerError: error }),
      },
      offers: ['pause', 'runbook', 'cancel'],
    };
  }
  return queued(place, rateOf(drains, nowMs), nowMs, seen);
}

function queued(place: Known['place'], perSecond: number, nowMs: number, seen: object): Told {
  const { before, depth = 0 } = place;
  const facts = { ...seen, depth, ...(perSecond > 0 && { ordersPerSecond: perSecond }) };
  const isKnown = typeof before === 'number';
  const count = isKnown ? before : before === undefined ? 0 : depth;
  const many = isKnown ? grouped(count) : `Up to ${grouped(count)}`;
  const are = count === 1 ? 'order is' : 'orders are';
  const isNext = isKnown ? count === 0 : before === undefined;
  const turnMs = nowMs + Math.ceil((1_000 * count) / perSecond);
  const turn =
    perSecond > 0
      ? `; at ${grouped(Math.round(perSecond) || 1)}/s its turn comes at ${clockTime(turnMs, nowMs)}`
      : '; the next drain takes it or what is before it';
  return {
    kind: 'waiting',
    sentence: isNext
      ? 'It is ready, and among the next that a drain takes.'
      : `${isKnown ? 'About ' : ''}${many} ${are} before it${turn}.`,
    facts: {
      ...facts,
      ...(isKnown && { before }),
      ...(perSecond > 0 && { turnAt: formatInstant(turnMs) }),
    },
    offers: ['cancel', 'drain'],
  };
}

function stranded(nowMs: number): Told {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + UPKEEP_MINUTE * 60_000;
  const repairMs = today > nowMs ? today : today + DAY_MS;
  return {
    kind: 'stranded',
    sentence: `Stranded: it is in no place. The daily pass repairs it at ${clockTime(repairMs, nowMs)}.`,
    facts: { repairAt: formatInstant(repairMs) },
    offers: ['reconcile'],
  };
}

function lost(): Told {
  return {
    kind: 'lost',
    sentence: 'Its record is lost; a repeat of the submit brings it back.',
    facts: {},
    offers: ['reconcile', 'runbook'],
  };
}
