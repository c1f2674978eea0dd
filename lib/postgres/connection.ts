import Client from 'pg/lib/client.js';
import type { Clock } from '../clock.ts';
import type { DatabaseSettings } from './database-settings.ts';
import { DatabaseFailure, failureOf } from './failures.ts';

const CONNECT_MS_MAX = 5_000;

/**
 * A connection that was not used for so long is not used again: a Lambda that was frozen does not
 * learn that its connection has died, and would wait for an answer that cannot come.
 */
export const IDLE_MS_MAX = 20_000;

/** How soon the server notices that nobody waits for a statement any more. */
const HANG_UP_CHECK_MS = 1_000;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Until when an answer is of use. */
export interface Patience {
  /** Unix milliseconds; the server ends the statement by itself then. */
  readonly deadlineMs: number;
  /** May fire sooner. */
  readonly signal: AbortSignal;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  /**
   * Runs a statement as one transaction, in one round trip: what it takes is sent at once.
   * Statements that are run side by side are sent one behind the other, and none waits for another.
   *
   * @throws DatabaseFailure; unless its kind is `lost` or `late`, nothing was done
   */
  run(statement: Statement, patience: Patience): Promise<readonly Row[]>;
  /** Ends the connection, and what still runs on it. */
  close(): Promise<void>;
}

/**
 * A pool of one connection, which is opened when it is needed and replaced when it is broken.
 *
 * @param makeClient  makes the driver's client, not yet connected
 */
export function connectDatabase(
  settings: DatabaseSettings,
  clock: Clock,
  makeClient: (settings: DatabaseSettings) => Client = newClient,
): Database {
  let current: { client: Promise<Client>; users: number; lastUsedMs: number } | undefined;

  function connection() {
    if (current?.users === 0 && clock.now() - current.lastUsedMs > IDLE_MS_MAX) drop(current);
    if (current !== undefined) return current;
    const opened = { client: open(() => drop(opened)), users: 0, lastUsedMs: clock.now() };
    current = opened;
    return opened;
  }

  /** Hangs up. The server rolls back what is not committed. */
  function drop(dropped: { client: Promise<Client> }): void {
    if (current === dropped) current = undefined;
    dropped.client.then(({ connection: { stream } }) => stream.destroy()).catch(() => undefined);
  }

  async function open(broken: () => void): Promise<Client> {
    const client = makeClient(settings);
    client.on('error', broken).on('end', broken);
    try {
      await client.connect();
      return client;
    } catch (error) {
      broken();
      client.connection.stream.destroy();
      throw failureOf(error, 'connect');
    }
  }

  async function run(statement: Statement, { deadlineMs, signal }: Patience) {
    if (signal.aborted) throw new DatabaseFailure('late', 'signal');
    const used = connection();
    const stop = hungUp(signal, () => drop(used));
    used.users += 1;
    try {
      const client = await Promise.race([used.client, stop.late]);
      client.ref();
      const timeoutMs = Math.max(1, Math.floor(deadlineMs - clock.now()));
      const transaction = sendTransaction(client, statement, timeoutMs);
      return await Promise.race([transaction, stop.late]);
    } catch (error) {
      const failure = failureOf(error, 'query');
      if (failure.kind === 'lost' || failure.kind === 'unavailable') drop(used);
      throw failure;
    } finally {
      stop.cancel();
      used.users -= 1;
      used.lastUsedMs = clock.now();
      // An idle connection does not keep a process alive that is done.
      if (used.users === 0) used.client.then((client) => client.unref()).catch(() => undefined);
    }
  }

  return {
    run,
    async close() {
      const closed = current;
      if (closed === undefined) return;
      if (closed.users > 0) return drop(closed);
      current = undefined;
      await (await closed.client.catch(() => undefined))?.end();
    },
  };
}

/** A client by itself, not yet connected. */
export function newClient(settings: DatabaseSettings): Client {
  return new Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: () => settings.password,
    database: settings.database,
    application_name: settings.applicationName,
    options: settings.options,
    ssl: settings.tls,
    enableChannelBinding: settings.channelBinding,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    pipeline: true,
  });
}

/**
 * Sends a transaction with one statement, all of it at once. The limits hold for the transaction
 * only, so that they do the same behind a pooler that lends a connection for a transaction.
 */
async function sendTransaction(client: Client, statement: Statement, timeoutMs: number) {
  const limits = `set local statement_timeout = ${timeoutMs};
    set local client_connection_check_interval = ${HANG_UP_CHECK_MS}`;
  const [, { rows }] = await Promise.all([
    client.query({ text: `begin; ${limits}` }),
    client.query(statement),
    client.query({ text: 'commit' }),
  ]);
  return rows;
}

/** Calls when a signal fires, and rejects at that moment, however long the work goes on. */
function hungUp(signal: AbortSignal, hangUp: () => void) {
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => undefined);
  const onAbort = () => {
    hangUp();
    reject(new DatabaseFailure('late', 'signal'));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return { late, cancel: () => signal.removeEventListener('abort', onAbort) };
}
