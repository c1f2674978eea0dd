import net from 'node:net';
import { type Argument, createReplyDecoder, encodeCommands, type Reply } from './resp.ts';

/** Redis could not be reached, or went away before it had answered. */
export class RedisGoneError extends Error {
  override name = 'RedisGoneError';
}

/** A connection to Redis that many callers share. */
export type SharedConnection = {
  /**
   * Writes the commands as one contiguous block, so that nobody else's come between them, and
   * resolves with one reply each.
   *
   * @throws RedisGoneError when Redis is away or stays silent; whether it ran them is then unknown
   */
  send(commands: Argument[][]): Promise<Reply[]>;
  close(): void;
};

type Waiting = {
  replies: Reply[];
  count: number;
  resolve: (replies: Reply[]) => void;
  reject: (error: Error) => void;
};

type Connection = { socket: net.Socket; waiting: Waiting[]; silence?: NodeJS.Timeout };

/** A script that blocks Redis for longer than this is taken for a Redis that hangs. */
const REPLY_MS_MAX = 30_000;

/**
 * Opens a connection of its own, for what takes it over: SUBSCRIBE and MONITOR.
 *
 * @param onGone called once, when the connection has ended for whatever reason
 */
export function openConnection(
  socketPath: string,
  onReply: (reply: Reply) => void,
  onGone: (cause?: Error) => void,
): net.Socket {
  const socket = net.connect(socketPath);
  const decode = createReplyDecoder(onReply);
  let cause: Error | undefined;
  socket.on('data', (chunk) => {
    try {
      decode(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', (error) => {
    cause = error;
  });
  socket.on('close', () => onGone(cause));
  return socket;
}

/** What requests of one moment write goes out as one, so that Redis reads, and syncs, less often. */
function gather(socket: net.Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  setImmediate(() => socket.uncork());
}

/**
 * One pipelined connection for every request. It connects when it is first needed and again after
 * it was lost: the requests that were under way fail, the next one tries anew.
 */
export function shareConnection(options: {
  socketPath: string;
  replyMsMax?: number;
}): SharedConnection {
  const replyMsMax = options.replyMsMax ?? REPLY_MS_MAX;
  let current: Connection | undefined;

  function connect(): Connection {
    const connection: Connection = {
      waiting: [],
      socket: openConnection(
        options.socketPath,
        (reply) => settleOldest(connection, reply),
        (cause) => {
          if (current === connection) current = undefined;
          clearTimeout(connection.silence);
          const gone = new RedisGoneError('Redis is not reachable', { cause });
          for (const request of connection.waiting.splice(0)) request.reject(gone);
        },
      ),
    };
    return connection;
  }

  function settleOldest(connection: Connection, reply: Reply): void {
    const oldest = connection.waiting[0];
    if (oldest === undefined) return;
    oldest.replies.push(reply);
    if (oldest.replies.length === oldest.count) {
      connection.waiting.shift();
      oldest.resolve(oldest.replies);
    }
    if (connection.waiting.length === 0) {
      clearTimeout(connection.silence);
      delete connection.silence;
    } else connection.silence?.refresh();
  }

  return {
    send(commands) {
      if (commands.length === 0) return Promise.resolve([]);
      current ??= connect();
      const connection = current;
      return new Promise((resolve, reject) => {
        connection.waiting.push({ replies: [], count: commands.length, resolve, reject });
        connection.silence ??= setTimeout(() => connection.socket.destroy(), replyMsMax);
        gather(connection.socket);
        connection.socket.write(encodeCommands(commands));
      });
    },
    close() {
      current?.socket.destroy();
    },
  };
}
