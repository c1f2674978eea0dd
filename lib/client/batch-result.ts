import type { Receipt } from '../contract/schemas.ts';
import type { Problem } from './problem.ts';

/** The result for one order of a batch. */
export type BatchResult =
  | { readonly kind: 'accepted'; readonly receipt: Receipt; readonly isReplay: boolean }
  | { readonly kind: 'refused'; readonly problem: Problem };
