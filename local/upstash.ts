import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startRedisServer } from './redis/redis-server.ts';
import { readRules } from './upstash/command.ts';
import { type Rules, SERVICE_ERRORS } from './upstash/rules.ts';
import { startUpstashServer } from './upstash/server.ts';

const USAGE = `Usage: npm run upstash -- [options]

A stand-in for an Upstash database: a redis-server behind Upstash's REST API, which holds its
clients to Upstash's rules and counts the commands that Upstash would bill.

  --port PORT    where it listens (default 8079; 0 takes a free one)
  --host HOST    on which address (default 127.0.0.1)
  --token TOKEN  what clients authenticate with (default: a random one)
  --data DIR     keep the data there (default: nothing is kept)
  --rules JSON   limits, delays and failures, such as {"delayMs": 2}
  --help         show this

Rules, each with its default:
  recordBytesMax        104857600   what one key may hold
  databaseBytesMax      no limit    what all keys together may hold
  undeclaredKeys        "count"     or "refuse": scripts that touch keys outside of KEYS
  delayMs               0           time on the network, each way
  commandsPerSecondMax  no limit    above it requests wait
  failure               none        {"of": "script" or "request", "command": 3, "error": ERROR}:
                                    the third command of each fails; also "andLater": true,
                                    "script": SHA1 and "times": 1
ERROR is one of:
  ${Object.keys(SERVICE_ERRORS).join('\n  ')}

While it runs, PUT /sluice/rules changes rules, and GET /sluice/usage tells what was counted.
`;

type Options = {
  port: number;
  host: string;
  token: string;
  data: string | undefined;
  rules: Partial<Rules>;
};

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8079' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string', default: randomBytes(24).toString('base64url') },
      data: { type: 'string' },
      rules: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new Error(`--port ${values.port} is not a port: 0 to 65535`);
  }
  if (values.token === '') throw new Error('--token is empty');
  if (values.data === '') throw new Error('--data is empty');
  const { host, token, data } = values;
  return { port: Number(values.port), host, token, data, rules: readRules(values.rules) };
}

function optionsOrExit(): Options {
  try {
    return readOptions();
  } catch (error) {
    fail(2, error);
  }
}

async function run(options: Options): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= (async () => {
      for (const end of stops.reverse()) await end();
      process.exit(exitCode);
    })();
    return stopping;
  };
  // Before anything is started: a Ctrl-C while Redis starts must not leave it behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
  try {
    const redis = await startRedisServer(options.data === undefined ? {} : { dir: options.data });
    stops.push(redis.stop);
    const upstash = await startUpstashServer({ ...options, socketPath: redis.socketPath });
    stops.push(async () => {
      await upstash.close();
      const { billedCommands } = upstash.usage;
      process.stdout.write(`Upstash would have billed ${billedCommands} commands.\n`);
    });
    process.stdout.write(announcement(upstash.url, options));
    await redis.exited;
  } catch (error) {
    if (stopping === undefined) printError(error);
    await stop(1);
  }
}

function announcement(url: string, options: Options): string {
  return `An Upstash stand-in listens on ${url}; its token is ${options.token}
Its data is ${options.data === undefined ? 'not kept' : `kept in ${options.data}`}.

export UPSTASH_REDIS_REST_URL=${url}
export UPSTASH_REDIS_REST_TOKEN=${options.token}
`;
}

function printError(error: unknown): void {
  const { message, code } = error as NodeJS.ErrnoException;
  const told = code === 'EADDRINUSE' ? portTaken(message) : message.replace(/^ERR /, '--');
  process.stderr.write(`upstash: ${told}\n`);
}

function portTaken(message: string): string {
  const address = message.split(' ').at(-1);
  return `${address} is in use: stop what listens there, or choose another --port`;
}

function fail(exitCode: number, error: unknown): never {
  printError(error);
  process.exit(exitCode);
}

await run(optionsOrExit());
