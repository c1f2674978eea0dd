import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { SETTINGS, type SettingName } from '../../deploy/settings-table.ts';
import { ROOT } from './source-files.ts';

/**
 * Limits of time and size depend on each other, and nothing but tests ties those together that stand
 * in different files. Numbers of others are written out here: nobody can change them.
 */
export const GATEWAY_MS_MAX = 30_000;
export const SCHEDULE_MS = 60_000;
export const RECORD_BYTES_MAX = 100 * 1024 * 1024;

const read = (file: string) => readFileSync(`${ROOT}/${file}`, 'utf8');

/** A constant of a file: a number or a product. */
export function constant(file: string, name: string): number {
  const [, product = ''] = new RegExp(`const ${name} = ([\\d_ *.]+);`).exec(read(file)) ?? [];
  expect(product, `${name} in ${file}`).not.toBe('');
  return product
    .split('*')
    .reduce((result, factor) => result * Number(factor.replaceAll('_', '')), 1);
}

/** The greatest value that a setting may have. */
export function greatest(name: SettingName): number {
  const [, value = ''] = / to ([\d,]+)/.exec(SETTINGS[name].rule) ?? [];
  expect(value, name).not.toBe('');
  return Number(value.replaceAll(',', ''));
}

/** How long an operation may take with all its attempts, as a store of `lib/runtime.ts` makes them. */
export function operationMs(store: string): number {
  const [, timeoutMs = '', sendsMax = ''] =
    new RegExp(`${store}:[^}]*timeoutMs: ([\\w]+), sendsMax: (\\d)`).exec(read('lib/runtime.ts')) ??
    [];
  const ms = /^\d/.test(timeoutMs)
    ? Number(timeoutMs.replaceAll('_', ''))
    : constant('lib/runtime.ts', timeoutMs);
  const pauseMs = constant('lib/store/connection.ts', 'JITTER_MS_MAX');
  expect(ms, store).toBeGreaterThan(0);
  return Number(sendsMax) * ms + (Number(sendsMax) - 1) * pauseMs;
}
