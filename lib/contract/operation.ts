import type * as z from 'zod/mini';
import type { ProblemType } from './problems.ts';
import type { Scope } from './scopes.ts';

/** One route of the API: `docs/openapi.json`, the template and the alarms are made of this. */
export interface Operation {
  /** The file of `functions/` that serves it. */
  readonly function: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'Orders' | 'Operate';
  /** The scope that a key must have; `any`: every valid key will do. */
  readonly scope: Scope | 'any';
  /** Names of parameters, as `openapi.ts` has them. */
  readonly headers?: readonly ('Idempotency-Key' | 'If-None-Match')[];
  /** Whether a request may go without an Idempotency-Key. */
  readonly isKeyOptional?: true;
  readonly query?: z.ZodMiniObject;
  readonly body?: { readonly schema: z.ZodMiniType; readonly isOptional?: true };
  readonly answer: {
    readonly status: 200 | 202 | 204;
    readonly description: string;
    /** Left out where the answer is this document. */
    readonly schema?: z.ZodMiniType;
    readonly headers?: readonly ('Location' | 'Idempotent-Replayed' | 'ETag')[];
  };
  /** In addition to those of every route. */
  readonly problems: readonly ProblemType[];
}

/** Problems of every route. */
export const COMMON_PROBLEMS = [
  'unauthorized',
  'forbidden',
  'too-many-requests',
  'internal',
  'store-unavailable',
] as const satisfies readonly ProblemType[];

/** Problems of routes that take a body. */
export const BODY_PROBLEMS = [
  'invalid-json',
  'body-too-large',
  'unsupported-media-type',
] as const satisfies readonly ProblemType[];
