import type { ServerResponse } from 'node:http';
import { openConnection } from '../redis/connection.ts';
import { type Argument, encodeCommands, type Reply } from '../redis/resp.ts';
import { errorToJson } from './format.ts';

/**
 * Answers with server-sent events: what SUBSCRIBE, PSUBSCRIBE or MONITOR tell, on a connection of
 * its own, until the client leaves or Redis does. The head is sent once Redis has confirmed.
 */
export function streamEvents(
  response: ServerResponse,
  socketPath: string,
  command: Argument[],
): void {
  const socket = openConnection(socketPath, onReply, onGone);
  response.once('close', () => socket.destroy());
  socket.write(encodeCommands([command]));

  function onReply(reply: Reply): void {
    if (!response.headersSent) {
      if (reply.kind === 'error') {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(errorToJson(reply.text));
        return;
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        connection: 'keep-alive',
      });
    }
    const lines = eventText(reply).split(/\r\n|\r|\n/);
    const flowing = response.write(`${lines.map((line) => `data: ${line}\n`).join('')}\n`);
    if (!flowing) {
      socket.pause();
      response.once('drain', () => socket.resume());
    }
  }

  function onGone(): void {
    if (!response.headersSent) {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(errorToJson('ERR Redis is not reachable'));
    } else response.end();
  }
}

function eventText(reply: Reply): string {
  switch (reply.kind) {
    case 'array':
      return reply.items.map(eventText).join(',');
    case 'bulk':
      return reply.bytes.toString();
    case 'integer':
      return reply.digits;
    case 'nil':
      return '';
    case 'status':
      // MONITOR confirms with a quoted OK and then sends its lines as they are.
      return reply.text === 'OK' ? '"OK"' : reply.text;
    case 'error':
      return reply.text;
  }
}
