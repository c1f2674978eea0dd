import type * as z from 'zod/mini';
import { ORDER_BYTES_MAX } from '../orders/batch.ts';
import { type Fault, faultList } from '../orders/faults.ts';
import { readJsonBody } from './json-body.ts';
import { type HttpResponse, invalidBody } from './responses.ts';
import type { HttpRequest } from './route.ts';

export type CheckedBody<T> =
  | { readonly kind: 'body'; readonly value: T }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

/**
 * Reads a JSON body and checks it against a schema.
 *
 * @param type  the problem that a body of another shape is answered with
 */
export function checkedBody<T>(
  request: HttpRequest,
  schema: z.ZodMiniType<T>,
  type: Parameters<typeof invalidBody>[0],
): CheckedBody<T> {
  const body = readJsonBody(request, ORDER_BYTES_MAX);
  if (body.kind === 'refused') return body;
  const parsed = schema.safeParse(body.value, { jitless: true });
  if (parsed.success) return { kind: 'body', value: parsed.data };
  return { kind: 'refused', response: invalidBody(type, faultsOf(parsed.error)) };
}

/** One fault per broken rule of a member, in the order of the schema. */
export function faultsOf(error: z.core.$ZodError): readonly Fault[] {
  const list = faultList();
  for (const issue of error.issues) {
    if (issue.code !== 'unrecognized_keys') list.add(issue.path, issue.message);
    else for (const key of issue.keys) list.add([...issue.path, key], 'Is not a known member.');
  }
  return list.faults;
}
