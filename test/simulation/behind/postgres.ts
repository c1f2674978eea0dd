import { connectDatabase, type Row, type Statement } from '../../../lib/postgres/connection.ts';
import { databaseSettings } from '../../../lib/postgres/database-settings.ts';
import { postgresProducer } from '../../../lib/production/producers/postgres.ts';
import type { OrderMemory } from '../model.ts';
import type { World } from '../world.ts';
import type { Behind } from './behind.ts';
import { checkAmount, memoryOf, shuffled } from './effects.ts';
import { openSession, type Session } from './postgres-session.ts';

/** The server that sessions share: its tables, and whether it is up. */
export interface PostgresServer {
  isUp(): boolean;
  /** Ends all sessions; it is back after a while. */
  crash(): void;
  /** Writes what a statement asks for, in the moment in which its transaction is committed. */
  commit(statement: Statement): Row[];
  /** What it tells of a statement that is not committed in the end. */
  try(statement: Statement): Row[];
}

/** An order of a batch, as the statement has it. */
export interface PlacedRow {
  readonly id: string;
  readonly customer: string;
  readonly total_amount: number;
  readonly fingerprint: string;
  readonly lines: readonly { readonly quantity: number; readonly unitAmount: number }[];
}

/**
 * A database that does with each statement what PostgreSQL does, or fails in its ways. It does not
 * read SQL: it knows the one statement that there is, by its values. Before it are the producer and
 * its connection as they are; the driver and PostgreSQL itself are for `test/producers` and
 * `test/chaos`.
 */
export function createPostgres(world: World): Behind {
  const { random, scheduler, history } = world;
  const sessions = new Set<Session>();
  const rows = new Map<string, { orderNumber: number; fingerprint: string }>();
  let lastNumber = 0;
  let downUntilMs = 0;

  /** The row that an order has, or would have; each draws a number, as a sequence has it. */
  function rowOf({ id, fingerprint }: PlacedRow) {
    lastNumber += 1;
    return rows.get(id) ?? { orderNumber: lastNumber, fingerprint };
  }

  function place(placed: PlacedRow): Row {
    const { id, fingerprint } = placed;
    const memory = memoryOf(world, id);
    const row = rowOf(placed);
    if (!rows.has(id)) {
      if (!memory.isDamaged) checkPlaced(memory, placed);
      rows.set(id, row);
      memory.effect = row.orderNumber;
      history.note(scheduler.now(), 'PostgreSQL', [id], () => `gives number ${row.orderNumber}`);
    }
    if (row.fingerprint !== fingerprint) memory.wasRejected = true;
    return told(placed, row);
  }

  const server: PostgresServer = {
    isUp: () => scheduler.now() >= downUntilMs,
    crash() {
      history.note(scheduler.now(), 'PostgreSQL', [], () => 'crashes');
      downUntilMs = scheduler.now() + random.whole(100, 20_000);
      for (const session of sessions) session.breakOff();
      sessions.clear();
    },
    // In an order of its own: the statement asks for none.
    commit: (statement) => shuffled(rowsIn(statement).map(place), random),
    try: (statement) => rowsIn(statement).map((placed) => told(placed, rowOf(placed))),
  };

  return {
    producerOf(process) {
      const open = () => {
        const session = openSession(world, process, server);
        sessions.add(session);
        return session.client;
      };
      const database = connectDatabase(SETTINGS, process.clock, open);
      return postgresProducer({ database, log: () => undefined });
    },
  };
}

const SETTINGS = databaseSettings({ DATABASE_URL: 'postgres://sluice@localhost/shop' });

/** A row as the statement tells it. */
function told(
  { id, fingerprint }: PlacedRow,
  row: { orderNumber: number; fingerprint: string },
): Row {
  return { id, order_number: String(row.orderNumber), is_same: row.fingerprint === fingerprint };
}

function checkPlaced(memory: OrderMemory, { customer, total_amount: amount, lines }: PlacedRow) {
  const sum = lines.reduce((total, line) => total + line.quantity * line.unitAmount, 0);
  checkAmount(memory, { customer, amount });
  checkAmount(memory, { customer, amount: sum });
}

export function rowsIn({ values: [batch] }: Statement): PlacedRow[] {
  return JSON.parse(String(batch)) as PlacedRow[];
}
