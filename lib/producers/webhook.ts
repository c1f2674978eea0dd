import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import { createPost, type Network } from '../webhook/post.ts';
import { signedHeaders } from '../webhook/signature.ts';
import type { CreateProducer, Producer, ProducerAnswer, ProducerContext } from './producer.ts';
import { createBreaker } from './webhook/breaker.ts';
import { batchMessage, orderMessage } from './webhook/message.ts';
import { readWebhookSettings, type WebhookSettings } from './webhook/settings.ts';
import { type Verdict, verdictOf } from './webhook/verdict.ts';

export interface WebhookSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly network?: Network;
}

/**
 * Produces orders by POSTs that are signed as Standard Webhooks has it: one for each order, or one
 * for each batch, which then goes out order by order where the receiver does not take it whole. The
 * receiver takes an order's id as its idempotency key.
 *
 * A receiver that fails time after time, or asks to be left alone, is called no more in this batch:
 * what was not sent is given back untried.
 */
export function webhookProducer(
  settings: WebhookSettings,
  { clock, log, network }: WebhookSurroundings,
): Producer {
  const { mode, secrets, concurrency } = settings;
  const breaker = createBreaker(clock);
  const post = createPost(settings, clock, network);

  async function deliver(
    orders: readonly [ClaimedOrder, ...ClaimedOrder[]],
    { signal, token }: ProducerContext,
  ): Promise<Verdict> {
    const message = mode === 'batch' ? batchMessage(orders) : orderMessage(orders[0]);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Sluice',
      'idempotency-key': message.id,
      ...signedHeaders(message, clock.now(), secrets),
      'sluice-fencing-token': String(token),
    };
    const reply = await post(headers, message.body, signal);
    const verdict = verdictOf(reply, { orders, mode, nowMs: clock.now() });
    if (breaker.record(verdict.health, verdict.quietMs)) {
      log('warn', 'webhook-down', {
        ...(reply.kind === 'answered' && { status: reply.status }),
        ...(reply.kind === 'unreachable' && { reason: reply.reason }),
        quietMs: verdict.quietMs ?? 0,
      });
    }
    return verdict;
  }

  async function deliverEach(orders: readonly ClaimedOrder[], context: ProducerContext) {
    const answers = new Map<string, ProducerAnswer>();
    // Those that failed before come last, as what they fail of may be their own: else a run of them
    // would open the breaker, and be all that is tried of a batch, for ever.
    const waiting = orders.toSorted((one, other) => one.attempts - other.attempts).values();
    const deliverNext = async () => {
      const { value: order } = waiting.next();
      if (order === undefined) return false;
      for (const [id, answer] of (await deliver([order], context)).answers) answers.set(id, answer);
      return true;
    };
    const mayCall = () => breaker.state() === 'closed' && !context.signal.aborted;
    if (breaker.state() === 'half-open' && !context.signal.aborted) await deliverNext();
    const oneAfterTheOther = async () => {
      while (mayCall() && (await deliverNext()));
    };
    await Promise.all(Array.from({ length: concurrency }, oneAfterTheOther));
    for (const { id } of waiting) answers.set(id, { kind: 'untried' });
    return answers;
  }

  return async (orders, context) => {
    const [first, ...others] = orders;
    if (mode === 'order' || first === undefined || others.length === 0) {
      return deliverEach(orders, context);
    }
    if (breaker.state() === 'open' || context.signal.aborted) return untried(orders);
    const verdict = await deliver([first, ...others], context);
    const isSaid = verdict.isTaken || verdict.quietMs !== undefined || context.signal.aborted;
    return isSaid ? verdict.answers : deliverEach(orders, context);
  };
}

function untried(orders: readonly ClaimedOrder[]): Map<string, ProducerAnswer> {
  return new Map(orders.map(({ id }) => [id, { kind: 'untried' }]));
}

/** What a deployment checks before anything is uploaded. */
export const readProducerSettings = readWebhookSettings;

export const createProducer: CreateProducer = ({ env, clock, log }) =>
  webhookProducer(readWebhookSettings(env), { clock, log });
