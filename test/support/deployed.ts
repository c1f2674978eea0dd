import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { httpFunctions } from '../../deploy/http-functions.ts';
import { ROOT } from './source-files.ts';

type Sized = Readonly<Record<string, { readonly memorySize: number; readonly timeout: number }>>;

const written = parse(readFileSync(`${ROOT}/serverless.yml`, 'utf8')) as {
  readonly functions: readonly (string | Sized)[];
};
const FUNCTIONS: Sized = Object.assign({}, httpFunctions(), ...written.functions.slice(1));

/** What a function has when it is deployed. */
export function functionOf(name: string): {
  readonly timeoutMs: number;
  readonly memoryMb: number;
} {
  const { memorySize, timeout } = FUNCTIONS[name] ?? {
    memorySize: Number.NaN,
    timeout: Number.NaN,
  };
  return { timeoutMs: 1_000 * timeout, memoryMb: memorySize };
}
