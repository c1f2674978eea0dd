import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import { createPost, type Network } from '../webhook/post.ts';
import { type Message, signedHeaders } from '../webhook/signature.ts';
import { byClientInTurn } from './by-client.ts';
import type { CreateProducer, Producer, ProducerAnswer, ProducerContext } from './producer.ts';
import { CAREFUL_AFTER, createBreaker, REFUSED_RUN_MAX } from './webhook/breaker.ts';
import { batchMessage, eraseMessage, orderMessage } from './webhook/message.ts';
import { type Verdict, verdictOf } from './webhook/verdict.ts';
import { readWebhookSettings, type WebhookSettings } from './webhook/webhook-settings.ts';

/** What the producer needs of the function that it is part of. */
export interface WebhookDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly network?: Network;
}

/**
 * Produces orders by signed POSTs (Standard Webhooks): one for each order, or one for each batch,
 * which then goes out order by order if the receiver does not take it whole. The receiver takes an
 * order's id as its idempotency key.
 *
 * Whether the receiver or an order is at fault is decided by evidence: see the breaker. A receiver
 * that is down, or asks to be left alone, is not called again in this batch, and what was not sent is
 * given back untried. A refusal is the order's own if the receiver
 * has taken others or names a reason; the same refusal for every order is the receiver's.
 */
export function webhookProducer(
  settings: WebhookSettings,
  { clock, log, network }: WebhookDependencies,
): Producer {
  const { mode, secrets, concurrency, isJsonRequired, isErasing } = settings;
  const breaker = createBreaker(clock);
  const post = createPost(settings, clock, network);

  const headersOf = (message: Message) => ({
    'content-type': 'application/json',
    'user-agent': 'Sluice',
    'idempotency-key': message.id,
    ...signedHeaders(message, clock.now(), secrets),
  });

  /** @throws where the receiver has not answered 2xx */
  async function erase(ids: readonly string[], { signal }: Pick<ProducerContext, 'signal'>) {
    const message = eraseMessage(ids, clock.now());
    const reply = await post(headersOf(message), message.body, signal);
    const isTaken = reply.kind === 'answered' && reply.status >= 200 && reply.status < 300;
    if (!isTaken) throw new Error('The receiver has not erased');
  }

  async function deliver(
    orders: readonly [ClaimedOrder, ...ClaimedOrder[]],
    { signal, token }: ProducerContext,
  ): Promise<Verdict> {
    const message = mode === 'batch' ? batchMessage(orders) : orderMessage(orders[0]);
    const fence = { 'sluice-fencing-token': String(token) };
    const reply = await post({ ...headersOf(message), ...fence }, message.body, signal);
    const nowMs = clock.now();
    const verdict = verdictOf(reply, { orders, mode, nowMs, isJsonRequired });
    const { health, quietMs } = verdict;
    const isFresh = orders.every(({ attempts }) => attempts === 1);
    if (breaker.record({ health, isFresh, quietMs })) {
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
    const refused = new Map<string, ProducerAnswer>();
    const waiting = byClientInTurn(orders).values();
    let isAnyTaken = false;
    let refusals = 0;
    /** Refused since an order was taken last. */
    const run = new Set<ClaimedOrder>();
    const isRefusingAll = () =>
      run.size >= REFUSED_RUN_MAX ||
      (!isAnyTaken && refusals >= CAREFUL_AFTER && breaker.refusesAll());
    const mayCall = () => breaker.state() !== 'open' && !context.signal.aborted && !isRefusingAll();
    const deliverNext = async () => {
      const { value: order } = waiting.next();
      if (order === undefined) return false;
      const verdict = await deliver([order], context);
      if (verdict.health === 'up') {
        isAnyTaken = true;
        run.clear();
      }
      if (verdict.health === 'refusing') {
        refusals += 1;
        run.add(order);
      }
      const kept = verdict.health === 'refusing' ? refused : answers;
      for (const [id, answer] of verdict.answers) kept.set(id, answer);
      return true;
    };
    const lane = async (isFirst: boolean) => {
      while (mayCall() && (isFirst || breaker.state() === 'closed') && (await deliverNext()));
    };
    await Promise.all(Array.from({ length: concurrency }, (_, at) => lane(at === 0)));
    // What was refused while nothing was taken is about the receiver: a wrong URL, a wrong secret.
    const isReceiverAtFault = !isAnyTaken && breaker.refusesAll();
    for (const [id, answer] of refused)
      answers.set(id, isReceiverAtFault ? retried(answer) : answer);
    if (isReceiverAtFault || run.size >= REFUSED_RUN_MAX) {
      log('error', 'webhook-refuses-all', { orders: isReceiverAtFault ? refused.size : run.size });
    }
    // The receiver may have gone wrong in the middle of the batch. Where an order is at fault, it is
    // refused again beside others that are taken.
    const isInDoubt = run.size >= CAREFUL_AFTER;
    for (const { id, attempts } of isInDoubt ? run : []) {
      const answer = refused.get(id);
      if (attempts === 1 && answer !== undefined) answers.set(id, retried(answer));
    }
    for (const { id } of waiting) answers.set(id, { kind: 'untried' });
    return answers;
  }

  const produce: Producer = async (orders, context) => {
    const [first, ...others] = orders;
    if (mode === 'order' || first === undefined || others.length === 0) {
      return deliverEach(orders, context);
    }
    if (breaker.state() === 'open' || context.signal.aborted) return untried(orders);
    const verdict = await deliver([first, ...others], context);
    const isSaid = verdict.isTaken || verdict.quietMs !== undefined || context.signal.aborted;
    return isSaid ? verdict.answers : deliverEach(orders, context);
  };
  return isErasing ? Object.assign(produce, { erase }) : produce;
}

function retried(answer: ProducerAnswer): ProducerAnswer {
  return answer.kind === 'rejected' ? { kind: 'retry', reason: answer.reason } : answer;
}

function untried(orders: readonly ClaimedOrder[]): Map<string, ProducerAnswer> {
  return new Map(orders.map(({ id }) => [id, { kind: 'untried' }]));
}

/** What a deployment checks before anything is uploaded. */
export const readProducerSettings = readWebhookSettings;

export const createProducer: CreateProducer = ({ env, clock, log }) =>
  webhookProducer(readWebhookSettings(env), { clock, log });
