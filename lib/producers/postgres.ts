import type { Log } from '../log.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import { connectDatabase, type Database, type Patience } from '../postgres/connection.ts';
import { databaseSettings } from '../postgres/database-settings.ts';
import { eraseOrders } from '../postgres/erase-orders.ts';
import { DatabaseFailure, failureOf } from '../postgres/failures.ts';
import { type PlacedOrder, placedOrders, placeOrders } from '../postgres/place-orders.ts';
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

  async function alone(order: ClaimedOrder, context: ProducerContext): Promise<ProducerAnswer> {
    try {
      const [placed] = await place([order], context);
      return placed === undefined ? noRow() : answerFor(placed);
    } catch (error) {
      return failed(failureOf(error, 'query'));
    }
  }

  async function produce(orders: readonly ClaimedOrder[], context: ProducerContext) {
    if (context.signal.aborted) return answersOf(orders, untried);
    try {
      const placed = await place(orders, context);
      return new Map(placed.map((one) => [one.id, answerFor(one)]));
    } catch (error) {
      const failure = failureOf(error, 'query');
      const { kind, code } = failure;
      if (kind === 'refused') return answersOf(orders, (order) => alone(order, context));
      if (kind === 'again' || kind === 'late') return answersOf(orders, () => failed(failure));
      log('error', 'database-failed', { kind, code, advice: failure.advice ?? ADVICE[kind] });
      if (kind === 'unreached') return answersOf(orders, untried);
      // Thrown, so that the drain ends: the whole queue would else be charged an attempt a minute.
      throw failure;
    }
  }

  return Object.assign(produce, {
    async erase(ids: readonly string[], patience: Patience) {
      await database.run(eraseOrders(ids), patience);
    },
  });
}

const ADVICE = {
  lost: 'The connection broke twice.',
  unreached: 'The database cannot be reached, or does not let this user in.',
  unavailable: 'The database can do no work.',
  'not-ready': 'A table or a right is missing: run `npm run sluice -- migrate`.',
};

async function answersOf(
  orders: readonly ClaimedOrder[],
  answer: (order: ClaimedOrder) => ProducerAnswer | Promise<ProducerAnswer>,
) {
  const answers = orders.map(async (order) => [order.id, await answer(order)] as const);
  return new Map(await Promise.all(answers));
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
function failed({ kind, code, constraint }: DatabaseFailure): ProducerAnswer {
  if (kind === 'refused') {
    const where = constraint === undefined ? '' : `, constraint ${constraint}`;
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
