import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the API of a stage is, and the two keys that `setup` made. */
export interface Access {
  readonly SLUICE_URL?: string;
  /** Of the client `ops`, with `orders:admin`: what the commands call with. */
  readonly SLUICE_KEY?: string;
  /** Of the client `shop`, to submit orders and read them. */
  readonly SLUICE_SHOP_KEY?: string;
}

/**
 * Keeps them in `.sluice/<stage>.env`, which git ignores and only its owner can read, so that a setup
 * that was interrupted goes on with the keys it has made: nobody else knows them.
 */
export function accessFile(dir: string, stage: string) {
  const name = path.join('.sluice', `${stage}.env`);
  const file = path.join(dir, name);

  function read(): Access {
    if (!existsSync(file)) return {};
    const lines = readFileSync(file, 'utf8').split('\n');
    return Object.fromEntries(lines.flatMap((line) => (/^\w+=/.test(line) ? [pairOf(line)] : [])));
  }

  return {
    name,
    read,
    add(access: Access): void {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      const lines = Object.entries({ ...read(), ...access }).map(
        ([key, value]) => `${key}=${value}`,
      );
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    },
  };
}

function pairOf(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
