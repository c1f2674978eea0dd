import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../support/source-files.ts';
import type { Aws } from './aws.ts';

const CONTENTS = [
  'serverless.yml',
  'package.json',
  'cli',
  'deploy',
  'docs',
  'functions',
  'lib',
  'examples',
  'local',
];

export type Sls = ReturnType<typeof slsIn>;

/** The project in a folder of its own, so that what is built there is in nobody's way. */
export function copiedProject(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-deploy-'));
  for (const name of CONTENTS)
    cpSync(path.join(ROOT, name), path.join(dir, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/**
 * Runs `sls` as a deployer does, with the stub in the place of AWS.
 *
 * @param env  of this process's environment only PATH is added
 */
export function slsIn(
  dir: string,
  { aws, deployer }: Pick<Aws, 'deployer'> & { readonly aws: Aws },
  env: Readonly<Record<string, string>>,
) {
  const { PATH = '' } = process.env;
  /** @returns what it printed */
  return async (
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly printed: string }> => {
    const child = spawn(process.execPath, ['node_modules/.bin/sls', ...args], {
      cwd: dir,
      env: {
        PATH,
        HOME: dir,
        AWS_ENDPOINT_URL: aws.url,
        AWS_REGION: aws.account.region,
        AWS_ACCESS_KEY_ID: deployer.accessKey,
        AWS_SECRET_ACCESS_KEY: deployer.secret,
        SLS_AWS_MONITORING_FREQUENCY: '50',
        SLS_NOTIFICATIONS_MODE: 'off',
        SLS_TELEMETRY_DISABLED: '1',
        ...env,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
      });
    }
    const [code] = await once(child, 'close');
    return { code, printed };
  };
}
