import { threadsOf } from '../../lib/drain/producer-thread.ts';
import { mortalProducer } from './mortal-producer.ts';

/** As a function has it; this module is the one that its thread loads. */
export const mortalThread = threadsOf(mortalProducer, new URL(import.meta.url), {
  SECRET: 'known',
  SLUICE_SECRETS: 'read-once',
});
