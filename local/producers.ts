import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReceiver, type SentOrder } from '../examples/webhook-receiver/receiver.ts';
import { systemClock } from '../lib/clock.ts';
import type { CreateProducer } from '../lib/producers/producer.ts';
import { listen } from './ports.ts';
import { startDatabase } from './postgres/database.ts';

/** The producer of the local stack, with what stands behind it here. */
export interface ChosenProducer {
  /** What the functions find in their environment, and what is bundled with them. */
  readonly env: Readonly<Record<string, string>>;
  /** PostgreSQL, where it writes there. */
  readonly databaseUrl?: string;
  /** Settles with what ended, when a part ends that nobody stopped. */
  readonly failed?: Promise<string>;
  stop(): Promise<void>;
}

type Start = (onLine: (line: string) => void, kept: KeptData) => Promise<ChosenProducer>;

/** As the stack's options of the same names. */
interface KeptData {
  readonly dataDir?: string;
  readonly isFresh?: boolean;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const STARTS = new Map<string, Start>([
  ['order-numbers', async () => only({ SLUICE_PRODUCER: 'order-numbers' })],
  ['postgres', startPostgres],
  ['webhook', startWebhook],
]);

export const PRODUCER_NAMES: readonly string[] = [...STARTS.keys()];

/**
 * Brings up what a producer needs on this machine.
 *
 * @param name    one of `PRODUCER_NAMES`, or the path of your own file, beginning with `./`
 * @param onLine  gets what it has to show
 * @param kept    where its data is kept, where it has data; without a folder nothing is
 * @throws Error that says what to do
 */
export async function startProducer(
  name: string,
  onLine: (line: string) => void,
  kept: KeptData = {},
): Promise<ChosenProducer> {
  const start = STARTS.get(name);
  if (start !== undefined) return start(onLine, kept);
  if (name.startsWith('./') && existsSync(path.join(ROOT, name))) {
    await checkOwn(name);
    return only({ SLUICE_PRODUCER: name });
  }
  throw new Error(
    `--producer is wrong: ${name} is none of ${PRODUCER_NAMES.join(', ')}, and no file of this ` +
      'project whose path begins with "./".',
  );
}

/** Stops where the drain would at its cold start. What only a bundler can read is left to that. */
async function checkOwn(file: string): Promise<void> {
  const made: { createProducer?: CreateProducer } | undefined = await import(
    path.join(ROOT, file)
  ).catch(() => undefined);
  if (made === undefined) return;
  if (typeof made.createProducer !== 'function') {
    throw new Error(
      `--producer is wrong: ${file} exports no createProducer; docs/producers.md has a template.`,
    );
  }
  made.createProducer({
    env: process.env,
    clock: systemClock,
    random: Math.random,
    log: () => undefined,
  });
}

function only(env: ChosenProducer['env']): ChosenProducer {
  return { env, stop: async () => undefined };
}

/** A PostgreSQL server with the producer's tables. */
async function startPostgres(
  _: (line: string) => void,
  { dataDir, isFresh = false }: KeptData,
): Promise<ChosenProducer> {
  const dir = dataDir === undefined ? {} : { dir: path.join(dataDir, 'postgres'), isFresh };
  const { url, exited, stop } = await startDatabase(dir);
  return {
    env: { SLUICE_PRODUCER: 'postgres', DATABASE_URL: url },
    databaseUrl: url,
    failed: exited.then(() => 'PostgreSQL ended'),
    stop,
  };
}

/** A receiver on a free port, which gives each order a number and shows it. */
async function startWebhook(onLine: (line: string) => void): Promise<ChosenProducer> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  let orderNumber = 0;
  const server = createReceiver({
    secret,
    produce(order) {
      orderNumber += 1;
      onLine(lineOf(order, orderNumber));
      return { orderNumber };
    },
    onRefused: () => onLine('The receiver refused a request: its signature is wrong.'),
  });
  const port = await listen(server, 0);
  onLine(`A receiver of orders listens at http://localhost:${port}/`);
  return {
    env: {
      SLUICE_PRODUCER: 'webhook',
      SLUICE_WEBHOOK_URL: `http://localhost:${port}/`,
      SLUICE_WEBHOOK_SECRETS: secret,
      SLUICE_WEBHOOK_ALLOW_PRIVATE: 'localhost',
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Of what a client sent, only what no terminal can take for a command. */
function lineOf({ id, currency, totalAmount, lines }: SentOrder, orderNumber: number): string {
  const what = JSON.stringify({ id, orderNumber, currency, totalAmount, lines: lines.length });
  return `The receiver got ${what}`;
}
