import type Client from 'pg/lib/client.js';
import type { Statement } from '../../../lib/postgres/connection.ts';
import type { SimulatedProcess } from '../process.ts';
import type { World } from '../world.ts';
import { memoryOf, troubleBehind } from './effects.ts';
import { type PostgresServer, rowsIn } from './postgres.ts';
import { type Ending, endingOf } from './postgres-endings.ts';

/** A session of the server, and the driver's client at its other end. */
export interface Session {
  readonly client: Client;
  /** Ends it from the server's side; what is not committed is rolled back. */
  breakOff(): void;
}

/** How soon the server notices that its client has hung up. */
const HANG_UP_CHECK_MS = 1_000;

/** A query that waits for its answer. */
interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly resolve: (result: { rows: readonly Readonly<Record<string, unknown>>[] }) => void;
  readonly reject: (error: unknown) => void;
}

type Transaction = readonly [begin: Query, statement: Query, commit: Query];

export function openSession(
  world: World,
  process: SimulatedProcess,
  server: PostgresServer,
): Session {
  const { scheduler, random, history } = world;
  const listeners: (() => void)[] = [];
  const waiting = new Set<Query>();
  let sent: Query[] = [];
  let isOpen = true;
  let isEnded = false;
  let hungUpAtMs = Number.POSITIVE_INFINITY;
  let freeAtMs = 0;
  const note = (ids: readonly string[], text: () => string) =>
    history.note(scheduler.now(), 'PostgreSQL', ids, text);

  /** The client learns that there is no connection any more. */
  function close() {
    if (!isOpen) return;
    isOpen = false;
    for (const { reject } of waiting) reject(new Error('Connection terminated unexpectedly'));
    for (const call of listeners) call();
  }

  /** Something comes to the client, a while after the server has sent it. */
  function tell(call: () => void) {
    scheduler.at(scheduler.now() + random.whole(1, 20), () => {
      process.receive(() => void (isOpen && call()));
      return undefined;
    });
  }

  function breakOff() {
    isEnded = true;
    tell(close);
  }

  function connect(): Promise<unknown> {
    const trouble = troubleBehind(world, world.plan.postgres);
    const isRefused = !server.isUp() || trouble === 'is out' || trouble === 'cannot be reached';
    const error = random.pick([{ code: 'ECONNREFUSED' }, { severity: 'FATAL', code: '57P03' }]);
    if (isRefused) note([], () => `cannot be connected to by ${process.name}`);
    return new Promise<void>((resolve, reject) => {
      tell(() => (isRefused ? reject(Object.assign(new Error('connect'), error)) : resolve()));
    });
  }

  function query({ text, values = [] }: Statement | { text: string; values?: never }) {
    if (!isOpen) return Promise.reject(new Error('Client has encountered a connection error'));
    return new Promise<Parameters<Query['resolve']>[0]>((resolve, reject) => {
      const entry = { text, values, resolve, reject };
      waiting.add(entry);
      sent.push(entry);
      if (text !== 'commit') return;
      const [begin, statement, commit] = sent;
      sent = [];
      if (begin && statement && commit) send([begin, statement, commit]);
    });
  }

  /** All of a transaction goes out at once, and is executed once what went before it is. */
  function send(transaction: Transaction) {
    const [begin, asked] = transaction;
    const statement = { text: asked.text, values: asked.values ?? [] };
    const rows = rowsIn(statement);
    const ids = rows.map(({ id }) => id);
    const limitMs = Number(/statement_timeout = (\d+)/.exec(begin.text)?.[1]);
    const trouble = troubleBehind(world, world.plan.postgres);
    const what = () =>
      `is sent a transaction by ${process.name}${trouble ? `, and ${trouble}` : ''}`;
    note(ids, what);
    if (trouble === 'is out' || trouble === 'loses the transaction') return breakOff();
    const natures = ids.map((id) => memoryOf(world, id));
    const ending = endingOf(world, trouble, natures, limitMs);
    const arrivalMs = Math.max(scheduler.now() + random.whole(1, 20), freeAtMs);
    freeAtMs = arrivalMs + ending.afterMs;
    scheduler.at(arrivalMs, () => {
      if (isEnded) return undefined;
      for (const id of ids) memoryOf(world, id).sentUnder.add(Number(statement.values[1]));
      return undefined;
    });
    scheduler.at(freeAtMs, () => {
      try {
        finish(transaction, statement, ending);
      } catch (error) {
        world.fail(error);
      }
      return undefined;
    });
  }

  function finish(transaction: Transaction, statement: Statement, ending: Ending) {
    const isAlone = scheduler.now() - hungUpAtMs > HANG_UP_CHECK_MS || process.isDead();
    if (isEnded || (isAlone && random.chance(0.5))) return;
    if (ending.killsProcess) process.crash('at the order that kills');
    if (ending.crash === 'before') return server.crash();
    const { error, failsAtCommit = false } = ending;
    const rows = error === undefined ? server.commit(statement) : server.try(statement);
    if (ending.crash === 'after') return server.crash();
    if (ending.answer === 'none') return;
    if (ending.answer === 'lost') return breakOff();
    if (error?.severity === 'FATAL') breakOff();
    tell(() => {
      const [begin, asked, commit] = transaction;
      for (const query of transaction) waiting.delete(query);
      begin.resolve({ rows: [] });
      const failing = failsAtCommit ? commit : asked;
      if (error !== undefined) failing.reject(Object.assign(new Error('failed'), error));
      asked.resolve({ rows });
      commit.resolve({ rows: [] });
    });
  }

  function hangUp() {
    hungUpAtMs = Math.min(hungUpAtMs, scheduler.now());
    queueMicrotask(close);
  }

  const client: Client = {
    connect,
    query,
    end: async () => hangUp(),
    on(_, call) {
      listeners.push(call);
      return client;
    },
    ref: () => undefined,
    unref: () => undefined,
    connection: { stream: { destroy: hangUp } },
  };
  return { client, breakOff };
}
