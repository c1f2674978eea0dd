import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { ROOT } from '../support/source-files.ts';
import type { Template } from './template.ts';

/** What `sls package` makes of the project. */
export interface Packaged {
  readonly template: Template;
  /** The template that makes the bucket for the zips, before all else. */
  readonly firstTemplate: Template;
  /** The archives by the names of their functions. */
  readonly zips: ReadonlyMap<string, Uint8Array>;
  /** Each file that there is, and each in an archive, unpacked. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

interface PackagingOptions {
  readonly flags?: readonly string[];
  readonly subdir?: string;
  readonly umask?: string;
}

const COPIED = ['cli', 'deploy', 'docs', 'examples', 'functions', 'lib', 'local'];
const FILES = ['package.json', 'serverless.yml', 'tsconfig.json'];

/**
 * Packages a copy of the project, as two that are packaged in one folder at once would remove each
 * other's files.
 *
 * @param env     what whoever packages has set, and nothing else
 * @param flags   of the command
 * @param subdir  where below a temporary folder the copy is
 * @param umask   of the shell
 */
export async function packaged(
  env: Readonly<Record<string, string>>,
  { flags = [], subdir = '.', umask = '022' }: PackagingOptions = {},
): Promise<Packaged> {
  const top = mkdtempSync(path.join(tmpdir(), 'sluice-deploy-'));
  const dir = path.join(top, subdir);
  try {
    copyProject(dir);
    const { PATH = '', HOME = '' } = process.env;
    const command = [process.execPath, path.join(ROOT, 'node_modules/.bin/sls'), 'package'];
    const inShell = ['-c', `umask ${umask} && exec "$@"`, 'sh', ...command];
    await promisify(execFile)('sh', [...inShell, '--package', 'packaged', ...flags], {
      cwd: dir,
      env: { PATH, HOME, ...env },
    }).catch(({ stdout, stderr }) => {
      throw new Error(`It could not be packaged:\n${stdout}${stderr}`);
    });
    return read(path.join(dir, 'packaged'));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** The packages that are bundled are copied too: what is linked is bundled under its real path. */
function copyProject(dir: string): void {
  for (const name of [...COPIED, ...FILES]) {
    cpSync(path.join(ROOT, name), path.join(dir, name), { recursive: true });
  }
  const bundled = bundledPackages();
  for (const name of packagesIn(path.join(ROOT, 'node_modules'))) {
    const [from, to] = [
      path.join(ROOT, 'node_modules', name),
      path.join(dir, 'node_modules', name),
    ];
    mkdirSync(path.dirname(to), { recursive: true });
    if (bundled.has(name)) cpSync(from, to, { recursive: true });
    else symlinkSync(from, to);
  }
}

function bundledPackages(): Set<string> {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const names = Object.entries<{ dev?: boolean; devOptional?: boolean }>(packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([file]) => file.replace(/^node_modules\//, ''));
  return new Set(names.filter((name) => !/^(@typescript\/|typescript$)/.test(name)));
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules).flatMap((name) =>
    name.startsWith('@')
      ? readdirSync(path.join(modules, name)).map((inner) => `${name}/${inner}`)
      : [name],
  );
}

function read(dir: string): Packaged {
  const zips = new Map<string, Uint8Array>();
  const files: { name: string; text: string }[] = [];
  for (const name of readdirSync(dir)) {
    const bytes = readFileSync(path.join(dir, name));
    if (name.endsWith('.zip')) {
      zips.set(name.replace('.zip', ''), bytes);
      for (const [entry, content] of Object.entries(unzipSync(bytes))) {
        files.push({ name: `${name}/${entry}`, text: Buffer.from(content).toString() });
      }
    } else {
      files.push({ name, text: bytes.toString() });
    }
  }
  const templateIn = (name: string) =>
    JSON.parse(readFileSync(path.join(dir, `cloudformation-template-${name}-stack.json`), 'utf8'));
  return { template: templateIn('update'), firstTemplate: templateIn('create'), zips, files };
}
