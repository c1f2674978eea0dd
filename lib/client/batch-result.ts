import type { Receipt } from '../contract/schemas.ts';
import type { Problem } from './problem.ts';

/** What became of one order of a batch. */
export type BatchResult =
  | { readonly kind: 'accepted'; readonly receipt: Receipt; readonly isReplay: boolean }
  | { readonly kind: 'refused'; readonly problem: Problem };
