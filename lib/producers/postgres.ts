import type { Log } from '../log.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import { connectDatabase, type Database, type Patience } from '../postgres/connection.ts';
import { databaseSettings } from '../postgres/database-settings.ts';
import { eraseOrders } from '../postgres/erase-orders.ts';
import { createEvidence, probesIn } from '../postgres/evidence.ts';
import { DatabaseFailure, failureOf } from '../postgres/failures.ts';
import { type PlacedOrder, placedOrders, placeOrders } from '../postgres/place-orders.ts';
import { byClientInTurn } from './by-client.ts';
import type { CreateProducer, Producer, ProducerAnswer, ProducerContext } from './producer.ts';

/** How often a batch is sent: it is safe to repeat, and a second sending mostly helps. */
const SENDS_MAX = 2;

/**
 * Writes orders into PostgreSQL, a batch in one round trip. An order's id is its primary key, so
 * its effect is there once, and its number stays the same however often it comes.
 *
 * One order that the database refuses (a constraint, a value out of range) is rejected; the others
 * of its batch are then written one by one, in transactions of their own that are sent together.
 *
 * Of an order that is erased, its row stays, emptied.
 */
export function postgresProducer({ database, log }: { database: Database; log: Log }): Producer {
  async function place(orders: readonly ClaimedOrder[], context: ProducerContext) {
    const statement = placeOrders(orders, context.token);
    for (let sends = 1; ; sends += 1) {
      try {
        return placedOrders(await database.run(statement, context));
      } catch (error) {
        const failure = failureOf(error, 'query');
        // It was asked before and broke then: an order that brings the server down is charged for it.
        if (failure.kind === 'unreached' && sends > 1)
          throw new DatabaseFailure('lost', failure.code);
        const mayHelp = failure.kind === 'lost' || failure.kind === 'again';
        if (!mayHelp || sends === SENDS_MAX) throw failure;
      }
    }
  }

  const evidence = createEvidence();

  async function alone(order: ClaimedOrder, context: ProducerContext): Promise<Tried> {
    try {
      const [placed] = await place([order], context);
      evidence.taken();
      return { order, answer: placed === undefined ? noRow() : answerFor(placed) };
    } catch (error) {
      const failure = failureOf(error, 'query');
      return { order, answer: failed(failure), failure };
    }
  }

  /**
   * Finds out which orders of a batch are at fault, by trying a few alone. If one of them is written, so
   * is each other that can be. If none is, the rest is spared: all of them may fail of the same.
   */
  async function oneByOne(
    orders: readonly ClaimedOrder[],
    context: ProducerContext,
    failure: DatabaseFailure,
  ) {
    const tryAll = (some: readonly ClaimedOrder[]) =>
      Promise.all(some.map((order) => alone(order, context)));
    const probes = probesIn(byClientInTurn(orders));
    const [only] = orders;
    const tried =
      orders.length === 1 && only
        ? [{ order: only, answer: failed(failure), failure }]
        : await tryAll(probes);
    const failures = tried.flatMap((one) => one.failure ?? []);
    if (failures.length === tried.length) {
      const trouble = failures.find(({ kind }) => IS_TROUBLE.has(kind));
      if (trouble !== undefined) return givenUp(orders, trouble);
      const fault = evidence.refused(failures.filter(({ kind }) => kind === 'refused'));
      if (fault !== 'none') return spared(orders, tried, fault);
    }
    const others = orders.filter((order) => !probes.includes(order));
    const all = [...tried, ...(await tryAll(others))];
    return new Map(all.map(({ order, answer }) => [order.id, answer]));
  }

  /** The database refuses each order alike: somebody has to change it, and the orders wait. */
  function spared(
    orders: readonly ClaimedOrder[],
    tried: readonly Tried[],
    fault: 'certain' | 'likely',
  ) {
    const answers = new Map(orders.map(({ id }) => [id, untried()]));
    const [{ failure } = { failure: undefined }] = tried;
    const { code, constraint, column } = failure ?? {};
    log('error', 'database-refuses-all', { code, constraint, column, orders: orders.length });
    if (fault === 'certain') return answers;
    // They may be at fault all the same, so they make way for those behind them.
    for (const { order, answer } of tried) {
      const reason = 'reason' in answer ? answer.reason : '';
      answers.set(order.id, { kind: 'retry', reason, afterMs: REFUSED_WAIT_MS });
    }
    return answers;
  }

  function givenUp(orders: readonly ClaimedOrder[], failure: DatabaseFailure) {
    const { kind, code } = failure;
    if (kind === 'refused' || kind === 'again' || kind === 'late') {
      return answersOf(orders, () => failed(failure));
    }
    log('error', 'database-failed', { kind, code, advice: failure.advice ?? ADVICE[kind] });
    if (kind === 'unreached') return answersOf(orders, untried);
    // Thrown, so that the drain ends: the whole queue would else be charged an attempt a minute.
    throw failure;
  }

  async function produce(orders: readonly ClaimedOrder[], context: ProducerContext) {
    if (context.signal.aborted) return answersOf(orders, untried);
    try {
      const placed = await place(orders, context);
      evidence.taken();
      return new Map(placed.map((one) => [one.id, answerFor(one)]));
    } catch (error) {
      const failure = failureOf(error, 'query');
      const isOneOrders = MAY_BE_ONE_ORDERS.has(failure.kind);
      const isKnown = orders.length === 1 && failure.kind !== 'refused';
      return isOneOrders && !isKnown
        ? oneByOne(orders, context, failure)
        : givenUp(orders, failure);
    }
  }

  return Object.assign(produce, {
    async erase(ids: readonly string[], patience: Patience) {
      await database.run(eraseOrders(ids), patience);
    },
  });
}

/** One order that was tried alone. */
interface Tried {
  readonly order: ClaimedOrder;
  readonly answer: ProducerAnswer;
  readonly failure?: DatabaseFailure;
}

/** A trigger or a rule may fail like this for the data of a single order. */
const MAY_BE_ONE_ORDERS: ReadonlySet<DatabaseFailure['kind']> = new Set([
  ...(['refused', 'not-ready', 'unavailable'] as const),
]);
const IS_TROUBLE: ReadonlySet<DatabaseFailure['kind']> = new Set([
  ...(['not-ready', 'unavailable', 'lost', 'unreached'] as const),
]);
/** How soon orders are tried again that seem to fail like all others. */
const REFUSED_WAIT_MS = 5 * 60_000;

const ADVICE = {
  lost: 'The connection broke twice.',
  unreached: 'The database cannot be reached, or does not let this user in.',
  unavailable: 'The database can do no work.',
  'not-ready': 'A table or a right is missing: run `npm run sluice -- migrate`.',
};

function answersOf(orders: readonly ClaimedOrder[], answer: () => ProducerAnswer) {
  return new Map(orders.map(({ id }) => [id, answer()]));
}

function answerFor({ orderNumber, isSame }: PlacedOrder): ProducerAnswer {
  if (isSame) return { kind: 'produced', orderNumber };
  return { kind: 'rejected', reason: 'The database has another order under this id.' };
}

/** It was not begun, so no attempt is charged, and the drain ends. */
function untried(): ProducerAnswer {
  return { kind: 'untried' };
}

function noRow(): ProducerAnswer {
  return { kind: 'retry', reason: 'The database did not answer for this order.' };
}

/** Clients read the reason, so it tells what the operator's tables are called, and no value. */
function failed({ kind, code, constraint, column }: DatabaseFailure): ProducerAnswer {
  if (kind === 'refused') {
    const named = constraint === undefined ? '' : `, constraint ${constraint}`;
    const where = column === undefined ? named : `${named}, column ${column}`;
    return { kind: 'rejected', reason: `The database refused the order (${code}${where}).` };
  }
  const reason =
    kind === 'late'
      ? 'The database was not done in time.'
      : `The database could not write the order (${code}).`;
  return { kind: 'retry', reason };
}

export const createProducer: CreateProducer = ({ env, clock, log }) =>
  postgresProducer({ database: connectDatabase(databaseSettings(env), clock), log });

/** What a deployment is checked against before anything of it is uploaded. */
export const readProducerSettings = databaseSettings;
