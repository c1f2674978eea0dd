import type { Clock } from '../clock.ts';
import { orderDocument } from '../contract/documents.ts';
import { formatInstant } from '../orders/instant.ts';
import type { OrderEvent } from '../store/events.ts';
import { createPost, type Network, type Reply } from '../webhook/post.ts';
import { isRefusal } from '../webhook/refusal.ts';
import { signedHeaders } from '../webhook/signature.ts';
import type { EventSettings } from './event-settings.ts';
import type { SendEvent, Sent } from './send-page.ts';

/** POSTs events as CloudEvents in structured mode, signed according to Standard Webhooks. */
export function eventSender(settings: EventSettings, clock: Clock, network?: Network): SendEvent {
  const post = createPost(settings, clock, network);
  return async (event, signal) => {
    const message = { id: event.id, body: JSON.stringify(cloudEvent(event, settings.source)) };
    const headers = {
      'content-type': 'application/cloudevents+json',
      'user-agent': 'Sluice',
      ...signedHeaders(message, clock.now(), settings.secrets),
    };
    return sentFrom(await post(headers, message.body, signal));
  };
}

/**
 * `type` and `time` say what happened and when; `data` is the order at the time of the announcement. An
 * order that has been forgotten since is announced without data.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
function cloudEvent({ id, orderId, kind, atMs, order }: OrderEvent, source: string) {
  return {
    specversion: '1.0',
    id,
    source,
    type: `sluice.order.${kind}`,
    subject: orderId,
    time: formatInstant(atMs),
    ...(order && {
      datacontenttype: 'application/json',
      data: orderDocument(order, { withClient: true }),
    }),
  };
}

/** A reason never quotes the receiver, who may repeat an order's data. */
function sentFrom(reply: Reply): Sent {
  if (reply.kind === 'aborted') return { kind: 'cut-off' };
  if (reply.kind === 'unreachable') return { kind: 'failed', reason: reply.reason };
  const { status } = reply;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `The receiver answered with ${status}.`;
  if (status === 429) return { kind: 'busy', reason };
  return { kind: isRefusal(status) ? 'refused' : 'failed', reason };
}
