import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { Environment } from '../lib/settings.ts';
import { readApiSettings } from './api-settings.ts';
import { stageName } from './deployment/commands.ts';
import { usageFailure } from './failure.ts';
import { SETTINGS_HELP } from './help.ts';
import { countTo } from './options.ts';
import { accessFile } from './setup/access-file.ts';

const PORT_MAX = 65_535;

interface ConsoleFlags {
  readonly stage?: string;
  readonly port?: number;
  readonly open: boolean;
  readonly readOnly?: true;
  readonly keyStdin?: true;
  readonly host?: string;
  readonly allowRemote?: true;
}

const CONSOLE_HELP = `
Serves a page that shows whether orders are produced, finds an order and says why it is not
produced, and puts dead letters back. It runs here: nothing is deployed, and the key stays in
this process. Anyone with the printed address can use it. Without the scope orders:admin, or
with --read-only, it changes nothing. Ctrl-C ends it.
${SETTINGS_HELP}
Examples:
  SLUICE_KEY=local-admin-key npm run sluice -- console
  npm run sluice -- console --stage prod --read-only
`;

export function addConsoleCommand(sluice: Command): void {
  sluice
    .command('console')
    .description('serve the operator’s page on this machine')
    .addOption(
      new Option(
        '--stage <stage>',
        'the stage to show, as .sluice/<stage>.env describes it',
      ).argParser(stageName),
    )
    .option('--port <n>', 'where it listens; a free port by default', countTo(PORT_MAX))
    .option('--no-open', 'only print the address')
    .option('--read-only', 'refuse all changes')
    .option('--key-stdin', 'take the key from standard input')
    .option('--host <address>', 'listen on another address of this machine')
    .option('--allow-remote', 'allow an address that other machines can reach')
    .addHelpText('after', CONSOLE_HELP)
    .action((flags: ConsoleFlags) => consoleCommand(process.env, flags));
}

/**
 * `console`: serves the operator's page until Ctrl-C. The key comes from the environment, from the file
 * that `setup` wrote for the stage, or from standard input, and never from the command line.
 *
 * @throws CommandFailure where the API or the key is not known, or the address is not this machine's own
 */
async function consoleCommand(env: Environment, flags: ConsoleFlags): Promise<void> {
  const host = hostIn(flags);
  const api = await apiIn(env, flags);
  const { port = 0, readOnly: isReadOnly = false } = flags;
  // What bundles the page is loaded for this command only.
  const { startConsole } = await import('../console/server/console.ts');
  const console = await startConsole({ api, host, port, isReadOnly });
  process.stdout.write(
    `The console of ${api.url.href} is at\n\n  ${console.address}\n\n` +
      'Anyone with this address can use it. Ctrl-C ends the console.\n',
  );
  if (flags.open) openInBrowser(console.entrance());
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  await console.close();
}

async function apiIn(env: Environment, { stage, keyStdin }: ConsoleFlags) {
  const known = stage === undefined ? env : accessOf(stage);
  const key = keyStdin ? { SLUICE_KEY: (await text(process.stdin)).trim() } : {};
  return readApiSettings({ ...known, ...key });
}

function accessOf(stage: string): Environment {
  const file = accessFile(process.cwd(), stage);
  const { SLUICE_URL, SLUICE_KEY } = file.read();
  if (SLUICE_URL && SLUICE_KEY) return { SLUICE_URL, SLUICE_KEY };
  throw usageFailure(
    `${file.name} does not say where the stage ${stage} is: setup writes it where the stage is set up.\n` +
      'Elsewhere, set SLUICE_URL and SLUICE_KEY and leave --stage out.',
  );
}

function hostIn({ host = '127.0.0.1', allowRemote }: ConsoleFlags): string {
  if (isIP(host) === 0 || host === '0.0.0.0' || host === '::') {
    throw usageFailure(`--host takes one IP address of this machine, not ${host}.`);
  }
  if (host === '127.0.0.1' || host === '::1' || allowRemote) return host;
  throw usageFailure(
    `--host ${host} lets other machines reach the console, and what it sends them is not encrypted.\n` +
      'If you mean it, add --allow-remote. A tunnel is safer: ssh -L 8080:127.0.0.1:8080, with --port 8080.',
  );
}

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

/** Where there is no browser, the address that was printed is enough. */
function openInBrowser(address: string): void {
  const opener = OPENERS[process.platform] ?? 'xdg-open';
  const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
