import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as currencies from 'dinero.js/currencies';
import type { Plugin } from 'esbuild';

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

/**
 * Bundles the page, in memory: there is no build to run first, and none that can be out of date.
 *
 * @returns the files by their paths
 */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: { console: `${PAGE}main.tsx` },
    outdir: PAGE,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    tsconfig: `${PAGE}tsconfig.json`,
    plugins: [SHORT_CURRENCIES],
  });
  const file = (end: string, type: string): PageFile => {
    const bytes = outputFiles.find(({ path }) => path.endsWith(end))?.contents;
    if (bytes === undefined) throw new Error(`The page has no ${end}.`);
    return { type, bytes };
  };
  const [html, icon] = await Promise.all(
    ['index.html', 'icon.svg'].map((name) => readFile(`${PAGE}${name}`)),
  );
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', bytes: html ?? Buffer.alloc(0) }],
    ['/icon.svg', { type: 'image/svg+xml', bytes: icon ?? Buffer.alloc(0) }],
    ['/console.js', file('.js', 'text/javascript; charset=utf-8')],
    ['/console.css', file('.css', 'text/css; charset=utf-8')],
  ]);
}

/** The currencies of dinero.js in a tenth of its size: `cli/money.ts` asks for base and exponent only. */
const SHORT_CURRENCIES: Plugin = {
  name: 'short-currencies',
  setup(build) {
    build.onResolve({ filter: /^dinero\.js\/currencies$/ }, ({ path }) => ({
      path,
      namespace: 'short',
    }));
    build.onLoad({ filter: /./, namespace: 'short' }, () => {
      const alike = Map.groupBy(
        Object.values(currencies),
        ({ base, exponent }) => `${base}.${exponent}`,
      );
      const all = [...alike].map(([of, some]) => `${of}.${some.map(({ code }) => code).join('')}`);
      return {
        contents: `module.exports = Object.fromEntries('${all.join(' ')}'.split(' ').flatMap((alike) => {
          const [base, exponent, codes] = alike.split('.');
          return codes.match(/.../g).map((code) => [code, { base: +base, exponent: +exponent }]);
        }))`,
      };
    });
  },
};
