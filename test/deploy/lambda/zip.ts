import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';

/**
 * Unpacks what was uploaded, as Lambda does into /var/task.
 *
 * @throws Error for a name that would leave the folder
 */
export function unzipTo(dir: string, zip: Buffer): void {
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const file = path.join(dir, name);
    if (!file.startsWith(`${dir}${path.sep}`)) throw new Error(`The zip holds ${name}`);
    if (name.endsWith('/')) continue;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
