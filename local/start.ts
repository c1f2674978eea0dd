/** `npm start`: all of Sluice on this machine, until Ctrl-C. */
import { parseArgs } from 'node:util';
import { type Console, startConsole } from '../console/server/console.ts';
import { LOCAL_KEYS, OPERATOR_KEY } from './api-keys.ts';
import { PRODUCER_NAMES, startProducer } from './producers.ts';
import { type LocalStack, startStack } from './stack.ts';

const DATA_DIR = '.sluice';
const USAGE = `Usage: npm start [-- [--fresh] [--producer NAME]]

Brings up all of Sluice on this machine: a redis-server, its REST server, the functions behind an
emulation of API Gateway and of the schedule, and the operator's console. Ctrl-C ends all of it;
orders are kept in ${DATA_DIR}/ and are there again at the next start.

  --fresh           empty ${DATA_DIR}/ first
  --producer NAME   what produces the orders: ${PRODUCER_NAMES.join(', ')}, or a file of
                    your own, as ./path/to/my-producer.ts. With webhook comes a receiver
                    that shows what it gets, with postgres a PostgreSQL of its own
  --help            this text

PORT chooses where it listens (3000).
`;

interface Options {
  readonly port: number;
  readonly isFresh: boolean;
  readonly producer?: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      fresh: { type: 'boolean', default: false },
      producer: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const port = Number(process.env.PORT || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is wrong: ${process.env.PORT} is no port.`);
  }
  const { fresh: isFresh, producer } = values;
  return { port, isFresh, ...(producer !== undefined && { producer }) };
}

function greeting({ url, redis }: LocalStack, console: Console, databaseUrl?: string): string {
  const keys = LOCAL_KEYS.map(
    ({ key, client, scopes }) => `  ${key.padEnd(22)}${client.padEnd(8)}${scopes.join(', ')}`,
  );
  const database = databaseUrl && `\nSee what is produced:\n  psql '${databaseUrl}'\n`;
  return `
Sluice is ready at ${url}

See it in a browser, as its operator:
  ${console.address}

Keys that work here and nowhere else:
${keys.join('\n')}

Hand an order in:
  curl ${url}/orders -H 'Authorization: Bearer local-shop-key' \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: order-1' \\
    -d '{"customer":"17850","currency":"GBP","lines":[{"sku":"85123A","quantity":6,"unitAmount":255}]}'

It is produced within ${process.env.SLUICE_WAKE_INTERVAL_MS ? 'a second or so' : 'a minute'}, or now:
  curl -X POST ${url}/drain -H 'Authorization: Bearer local-admin-key'

What npm run sluice -- reconcile and doctor need, which talk to Redis itself:
  export UPSTASH_REDIS_REST_URL=${redis.url} UPSTASH_REDIS_REST_TOKEN=${redis.token}
${database ?? ''}
Ctrl-C ends all of it. Orders are kept in ${DATA_DIR}/.
`;
}

async function start(): Promise<number> {
  const { port, isFresh, producer: name } = readOptions();
  // Asked for before anything starts, so that Ctrl-C in between ends what is up by then; asked twice,
  // it ends at once, and its parts with it.
  let isAsked = false;
  const asked = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (isAsked) process.exit(130);
        isAsked = true;
        process.stdout.write('\nEnding …\n');
        resolve(undefined);
      });
    }
  });
  process.stdout.write('Starting Redis, its REST server and the functions …\n');
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const producer =
    name === undefined
      ? undefined
      : await startProducer(name, print, { dataDir: DATA_DIR, isFresh });
  const stack = await startStack({
    port,
    dataDir: DATA_DIR,
    isFresh,
    ...(producer && { producer }),
    onLog: print,
  });
  const console = await startConsole({ api: { url: new URL(stack.url), key: OPERATOR_KEY } });
  if (!isAsked) process.stdout.write(greeting(stack, console, producer?.databaseUrl));
  const failure = await Promise.race([asked, stack.failed]);
  await console.close();
  await stack.stop();
  await producer?.stop();
  if (failure === undefined) return 0;
  process.stderr.write(`${failure}; the rest was ended too.\n`);
  return 1;
}

start().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
