import { afterEach, beforeEach, inject, vi } from 'vitest';
import { deploy } from '../http/deployment.ts';
import { type EmfLine, emfLinesIn, expectValid } from './emf-lines.ts';

// What one test sets would stay in the environment of the next.
const UNSET = { SLUICE_QUEUE_MAX: '', SLUICE_BATCH_SIZE: '', SLUICE_EVENTS_URL: '' };

export type MeasuringApi = Awaited<ReturnType<typeof measuring>>;

/** A deployment that measures; on a Redis of its own behaviour where a test wants that. */
export function measuring(variables: Record<string, string> = {}, server = inject('upstash')) {
  const ours = { ...UNSET, SLUICE_METRICS: '', SLUICE_STAGE: 'test' };
  return deploy(server, { ...ours, ...variables });
}

/** Takes what the functions of a file's tests write to standard output. */
export function takeOutput() {
  let output: string[] = [];
  beforeEach(() => {
    output = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return {
    /** What was written and not asked for yet. */
    text: () => output.join(''),
    /** The metrics among it, each line as it must be; they are asked for by this. */
    linesSince(): EmfLine[] {
      const lines = emfLinesIn(output.splice(0).join(''));
      for (const line of lines) expectValid(line, 'test');
      return lines;
    },
  };
}
