import { createHmac } from 'node:crypto';

/** What is sent, and signed. */
export interface Message {
  /** The same for each sending: the receiver's idempotency key. */
  readonly id: string;
  readonly body: string;
}

/**
 * The headers that Standard Webhooks has, with one signature for each secret, so that a receiver
 * that knows one of them can verify it while secrets are changed.
 *
 * @param nowMs  of the attempt, Unix milliseconds
 */
export function signedHeaders(message: Message, nowMs: number, secrets: readonly Buffer[]) {
  const timestamp = Math.floor(nowMs / 1000);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(message, timestamp, secrets),
  };
}

/**
 * The value of `webhook-signature`.
 *
 * @param timestamp  of the attempt, Unix seconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureOf(
  { id, body }: Message,
  timestamp: number,
  secrets: readonly Buffer[],
): string {
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  );
  return signatures.join(' ');
}
