import { rounded } from '../figures.ts';

/** Says on the terminal how far something is, each tenth of it. */
export function progress(what: string, total: number): (done: number) => void {
  let told = 0;
  return (done) => {
    const tenths = Math.min(10, Math.floor((10 * done) / total));
    if (tenths <= told) return;
    told = tenths;
    process.stderr.write(`${what}: ${rounded(Math.min(done, total))} of ${rounded(total)}\n`);
  };
}
