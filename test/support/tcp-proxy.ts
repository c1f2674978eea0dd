import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listen } from '../../local/ports.ts';

/**
 * What becomes of what a client sends, and of the answers:
 * - `pass`        both go through
 * - `lose-reply`  it goes through, and the connection breaks instead of the answer
 * - `freeze`      nothing goes through any more, and nobody is told
 * - `refuse`      the connection is closed as soon as it is open
 */
export type Fate = 'pass' | 'lose-reply' | 'freeze' | 'refuse';

/** TCP between a client and a server, as bad as the test wants it at the moment. */
export async function tcpProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  let fate: Fate = 'pass';
  let losesAnswerTo: string | undefined;
  let connections = 0;
  let sent = '';
  const server = createServer((client) => {
    connections += 1;
    if (fate === 'refuse') return void client.destroy();
    const onward = connect(target);
    const cut = () => [client, onward].map((socket) => socket.destroy());
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        // Who is frozen out does not learn of the other's end either.
        if (fate !== 'freeze') cut();
      });
    }
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      sent += text;
      if (losesAnswerTo !== undefined && text.includes(losesAnswerTo)) {
        losesAnswerTo = undefined;
        // The server does what it was sent, and ends the connection when it finds that closed.
        onward.removeAllListeners('data').resume();
        onward.end(chunk, () => client.destroy());
        return;
      }
      if (fate !== 'freeze') onward.write(chunk);
    });
    onward.on('data', (chunk) => {
      if (fate === 'lose-reply') cut();
      else if (fate !== 'freeze') client.write(chunk);
    });
  });
  const port = await listen(server, 0);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port,
    /** How many connections have been made. */
    connections: () => connections,
    /** What has come from clients. */
    sent: () => sent,
    become(next: Fate) {
      fate = next;
    },
    /** The next time that clients send this text, the connection breaks instead of the answer. */
    loseAnswerTo(text: string) {
      losesAnswerTo = text;
    },
    /** Breaks what is open. */
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
