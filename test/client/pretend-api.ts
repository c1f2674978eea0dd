import { type ClientOptions, createClient } from '../../lib/client/client.ts';
import { passingTime } from '../support/passing-time.ts';
import { type Answering, pretendServer, type Reply } from '../support/pretend-server.ts';

export const stats = {
  ...{ queued: 1, producing: 0, scheduled: 0, dead: 0, produced: 0, canceled: 0 },
  oldestQueuedAgeMs: null,
  approximate: [],
};

/** A client whose waits pass at once and are written down. */
export async function pretendApi(
  answering: Answering,
  options: Partial<ClientOptions> = {},
  stagePath = '',
) {
  const server = await pretendServer(answering);
  const time = passingTime(0.5);
  const url = new URL(stagePath, server.url);
  const client = createClient({ url, key: 'a-key', ...time, ...options });
  return { client, received: server.received, sleptMs: time.sleptMs };
}

/** The replies one after the other, the last one again and again. */
export function inTurn(...replies: (Reply | 'reset')[]): Answering {
  let next = 0;
  return () => replies[Math.min(next++, replies.length - 1)] ?? 'reset';
}

export const ok = { status: 200, body: stats };
