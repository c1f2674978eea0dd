import { afterAll, vi } from 'vitest';
import { quietFunctions } from './quiet-functions.ts';

/**
 * Runs around each test file. Files share a process, because a process for each costs more than its
 * tests, so a file's environment, spies, stubs, timers and loaded modules end with it.
 */
const environment = { ...process.env };
const endQuiet = quietFunctions();

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.resetModules();
  endQuiet();
  for (const name of Object.keys(process.env)) {
    if (!(name in environment)) delete process.env[name];
  }
  Object.assign(process.env, environment);
});
