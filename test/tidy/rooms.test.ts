import path from 'node:path';
import { expect, test } from 'vitest';
import { type SourceFile, sourceFiles } from '../support/source-files.ts';

/** Which rooms a room may import from, apart from itself; `docs/design.md` draws it. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'lib/orders': [],
  'lib/store': ['lib/orders', 'lib/clock.ts'],
  'lib/contract': ['lib/orders'],
  'lib/intake': [
    'lib/orders',
    'lib/store',
    'lib/contract',
    'lib/metrics',
    'lib/config.ts',
    'lib/log.ts',
  ],
  'lib/drain': [
    'lib/orders',
    'lib/store',
    'lib/producers/producer.ts',
    'lib/metrics',
    'lib/clock.ts',
    'lib/log.ts',
  ],
  'lib/producers': [
    'lib/orders',
    'lib/contract',
    'lib/postgres',
    'lib/webhook',
    'lib/clock.ts',
    'lib/log.ts',
    'lib/settings.ts',
  ],
  'lib/postgres': [
    'lib/orders',
    'lib/clock.ts',
    'lib/settings.ts',
    'lib/webhook/settings-table.ts',
  ],
  'lib/events': [
    'lib/orders',
    'lib/store',
    'lib/contract',
    'lib/webhook',
    'lib/metrics',
    'lib/clock.ts',
    'lib/log.ts',
    'lib/settings.ts',
  ],
  'lib/webhook': ['lib/clock.ts', 'lib/settings.ts'],
  'lib/http': ['lib/orders', 'lib/store', 'lib/contract', 'lib/log.ts'],
  'lib/operate': ['lib/orders', 'lib/store', 'lib/contract'],
  'lib/maintenance': ['lib/orders', 'lib/store', 'lib/clock.ts'],
  'lib/client': ['lib/contract', 'lib/orders', 'lib/clock.ts'],
  'lib/metrics': [],
  'lib/clock.ts': [],
  'lib/log.ts': [],
  'lib/settings.ts': [],
  'lib/settings-table.ts': ['lib/settings.ts'],
  'lib/config.ts': ['lib/http', 'lib/store', 'lib/settings.ts', 'lib/settings-table.ts'],
  'lib/aws': ['lib/settings.ts'],
  'lib/secrets': ['lib/aws', 'lib/clock.ts', 'lib/settings.ts'],
  'lib/composition.ts': ['lib/secrets', 'lib/settings.ts'],
  'lib/runtime.ts': [
    'lib/aws',
    'lib/http',
    'lib/intake',
    'lib/metrics',
    'lib/store',
    'lib/secrets',
    'lib/clock.ts',
    'lib/composition.ts',
    'lib/config.ts',
    'lib/log.ts',
    'lib/settings.ts',
    'lib/warm.ts',
  ],
  'lib/warm.ts': ['lib/clock.ts'],
  functions: [
    'docs',
    'package.json',
    'lib/contract',
    'lib/drain',
    'lib/events',
    'lib/http',
    'lib/intake',
    'lib/maintenance',
    'lib/operate',
    'lib/orders',
    'lib/store',
    'lib/log.ts',
    'lib/runtime.ts',
    'package.json',
  ],
  cli: ['lib/client', 'lib/contract', 'lib/orders', 'lib/http/api-keys.ts', 'lib/settings.ts'],
  // The page is served to a browser, so of lib it takes types only; see the last test.
  'console/protocol.ts': ['lib/contract'],
  'console/page': ['console/protocol.ts', 'lib/contract', 'cli/money.ts'],
  'console/server': [
    'console/protocol.ts',
    'lib/client',
    'lib/contract',
    'lib/orders/identity.ts',
    'cli/cost',
  ],
  'cli/console-command.ts': ['cli', 'console/server', 'lib/settings.ts'],
  // The commands that no route of the API serves.
  'cli/redis-store.ts': ['cli', 'lib/store', 'lib/config.ts', 'lib/settings.ts'],
  'cli/reconcile-command.ts': ['cli', 'lib/maintenance', 'lib/clock.ts'],
  'cli/events-command.ts': ['cli', 'lib/orders', 'lib/store'],
  // The commands on a deployment. What reads a secret does as the functions do.
  'cli/deployment': [
    'cli',
    'deploy',
    'lib/config.ts',
    'lib/events',
    'lib/http/api-keys.ts',
    'lib/postgres',
    'lib/producers',
    'lib/settings.ts',
  ],
  'cli/setup': [
    'cli',
    'deploy',
    'lib/client',
    'lib/contract/scopes.ts',
    'lib/http/api-keys.ts',
    'lib/settings.ts',
  ],
  'cli/settings-command.ts': ['cli', 'deploy'],
  'cli/warm.ts': ['lib/clock.ts', 'lib/warm.ts'],
  'cli/warm-command.ts': ['cli', 'deploy', 'lib/clock.ts', 'lib/warm.ts'],
  // The doctor runs every script that Sluice ships on the Redis that it is asked about.
  'cli/doctor': [
    'cli',
    'lib/client',
    'lib/contract',
    'lib/drain',
    'lib/http',
    'lib/maintenance',
    'lib/metrics',
    'lib/orders',
    'lib/producers',
    'lib/store',
    'lib/clock.ts',
    'lib/config.ts',
    'lib/settings.ts',
  ],
  'cli/cost': ['cli', 'lib/metrics'],
  'cli/doctor-command.ts': ['cli', 'lib/settings.ts'],
  'cli/migrate-command.ts': ['cli', 'lib/postgres', 'lib/settings.ts'],
  // What shapes the template and the bundles, and what a deployment asks first.
  deploy: [
    'cli/cost',
    'lib/contract',
    'lib/config.ts',
    'lib/events',
    'lib/metrics',
    'lib/orders',
    'lib/settings.ts',
    'lib/settings-table.ts',
    'lib/webhook/settings-table.ts',
  ],
  local: [
    'cli/cost/prices.ts',
    'console/server',
    'deploy',
    'lib/clock.ts',
    'lib/contract/scopes.ts',
    'lib/http',
    'lib/postgres',
    'lib/producers',
    'lib/store',
    'examples',
  ],
  examples: ['lib/producers', 'lib/settings.ts'],
  bench: ['lib', 'functions', 'deploy', 'local', 'test/deploy', 'test/support'],
};

/** The packages that may reach a bundle, and the rooms that may use them. */
const PACKAGES: Record<string, readonly string[]> = {
  // A file of lib/producers, or one's own.
  '#producer': ['functions'],
  'zod/mini': ['lib/contract', 'lib/http', 'lib/client'],
  'pg/lib/client.js': ['lib/postgres'],
  '@upstash/redis/cloudflare': ['lib/store'],
  '@upstash/lock': ['lib/store'],
  '@upstash/ratelimit': ['lib/store'],
};

const files = [
  ...sourceFiles(
    ['lib', 'functions', 'cli', 'console', 'deploy', 'local', 'examples', 'bench'],
    '.ts',
  ),
  ...sourceFiles(['console'], '.tsx'),
];

function roomOf(file: string): string {
  if (Object.hasOwn(MAY_IMPORT, file)) return file;
  const [top = '', next] = file.split('/');
  const inner = `${top}/${next}`;
  return top === 'lib' || Object.hasOwn(MAY_IMPORT, inner) ? inner : top;
}

function importsOf({ path: file, text }: SourceFile) {
  const found = [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*'([^']+)'/g)];
  return found.map(([statement, target = '']) => ({
    target: target.startsWith('.') ? path.posix.join(path.posix.dirname(file), target) : target,
    isOurs: target.startsWith('.'),
    statement,
  }));
}

test('a file imports only from the rooms and packages that its own may use', () => {
  expect(files.flatMap(wrongImportsOf)).toEqual([]);
});

function wrongImportsOf(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return [`${room} is a room that no rule knows`];
  const isAllowed = ({ target, isOurs }: ReturnType<typeof importsOf>[number]) => {
    if (isOurs) return [room, ...allowed].some((own) => `${target}/`.startsWith(`${own}/`));
    if (!/^(lib|functions)/.test(room) || target.startsWith('node:')) return true;
    // The types of Lambda's events are gone once the code is bundled.
    const rooms =
      target === 'aws-lambda'
        ? ['lib/http', 'lib/composition.ts', 'lib/runtime.ts', 'lib/warm.ts', 'functions']
        : PACKAGES[target];
    return rooms?.includes(room) ?? false;
  };
  return importsOf(file)
    .filter((one) => !isAllowed(one))
    .map(({ target }) => `${file.path} imports ${target}`);
}
