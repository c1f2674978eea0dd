import { connect, createServer, type Socket } from 'node:net';
import { listen } from '../../../local/ports.ts';

/** What the relay is told of what goes through it; each answers whether the connection is cut. */
export interface Sights {
  /** A client begins to send a statement that writes; where it is cut, nothing arrives. */
  onStatement(): boolean;
  /** The server says that a transaction is committed; where it is cut, the client never learns. */
  onCommitted(): boolean;
}

/** TCP between a client and a PostgreSQL that is at another port each time that it is started. */
export async function startRelay(portNow: () => number, { onStatement, onCommitted }: Sights) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connect(portNow(), '127.0.0.1');
    const cut = () => [client, onward].map((socket) => socket.destroy());
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      if (chunk.includes('insert into orders') && onStatement()) cut();
      else onward.write(chunk);
    });
    onward.on('data', (chunk) => {
      if (chunk.includes('COMMIT\0') && onCommitted()) cut();
      else client.write(chunk);
    });
  });
  const port = await listen(server, 0);
  return {
    port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
