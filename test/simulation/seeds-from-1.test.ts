import { expect, test } from 'vitest';
import { failuresOf } from './seeds.ts';

// Half of the seeds of `npm test`: two files, so that both cores have one.
test('seeds 1 to 1000 lose no order, double none, and leave none behind', async () => {
  expect((await failuresOf(1, 1000)).join('\n\n')).toBe('');
}, 300_000);
