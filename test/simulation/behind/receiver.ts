import { webhookProducer } from '../../../lib/production/producers/webhook.ts';
import { SYSTEM_NETWORK } from '../../../lib/webhook/post.ts';
import type { SimulatedProcess } from '../process.ts';
import type { World } from '../world.ts';
import type { Behind } from './behind.ts';
import { type Course, courseOf } from './courses.ts';
import { memoryOf, troubleBehind } from './effects.ts';
import { createShop } from './shop.ts';
import { openWire, type WireRequest, type WireResponse } from './wire.ts';

const SECRET = Buffer.alloc(32, 7);

/**
 * A receiver of webhooks that fails in every way that it can; before it, the webhook producer as it is,
 * over connections that are simulated.
 */
export function createReceiver(world: World, mode: 'order' | 'batch'): Behind {
  const { random, scheduler, history, model } = world;
  const shop = createShop(world);
  const timeoutMs = random.pick([1_000, 15_000]);
  const concurrency = random.pick([1, 2, 10]);
  const note = (ids: readonly string[], text: () => string) =>
    history.note(scheduler.now(), 'receiver', ids, text);

  function onRequest(process: SimulatedProcess, request: WireRequest) {
    const trouble = troubleBehind(world, world.plan.receiver);
    const course = courseOf(trouble, random, timeoutMs);
    const sentAtMs = scheduler.now();
    const ids = shop.check(request);
    note(ids, () => `is sent a POST by ${process.name}${trouble ? `, and ${trouble}` : ''}`);
    const arrive = (isAnswered: boolean) => {
      const own = course.hasEffect ? shop.serve(process, request) : { status: 200 };
      if (!isAnswered) return;
      scheduler.at(scheduler.now() + course.answerAfterMs, () => {
        answer(request, course, own, ids);
        return undefined;
      });
    };
    for (const [at, arrivalMs] of course.arrivals.entries()) {
      scheduler.at(sentAtMs + arrivalMs, () => guarded(() => arrive(at === 0)));
    }
    if (course.arrivals.length === 0) {
      scheduler.at(sentAtMs + course.answerAfterMs, () => guarded(() => answer(request, course)));
    }
  }

  /** What goes wrong here is no failure of the process that has sent something. */
  function guarded(call: () => void): undefined {
    try {
      call();
    } catch (error) {
      world.fail(error);
    }
  }

  function answer(
    request: WireRequest,
    { answer: given }: Course,
    own?: WireResponse,
    ids: readonly string[] = [],
  ) {
    if (given === 'none') return;
    if (given === 'refused') return request.reset('ECONNREFUSED');
    if (given === 'reset' || own === undefined) return request.reset('ECONNRESET');
    if (given === 'own') return request.answer(own);
    if (given === 'half') {
      for (const id of ids) memoryOf(world, id).wasCutOff = true;
      return request.answer({ ...own, isCutOff: true });
    }
    const isRefusal = given.status >= 400 && given.status < 429 && given.status !== 408;
    for (const id of isRefusal ? ids : []) {
      const memory = model.orders.get(id);
      if (memory) memory.wasRejected = true;
    }
    request.answer(given);
  }

  return {
    producerOf(process) {
      const connect = () =>
        openWire(process, (request) => guarded(() => onRequest(process, request)));
      return webhookProducer(
        {
          url: new URL('http://receiver/orders'),
          isPrivateAllowed: true,
          secrets: [SECRET],
          ...{ mode, concurrency, timeoutMs },
        },
        { clock: process.clock, log: () => undefined, network: { ...SYSTEM_NETWORK, connect } },
      );
    },
  };
}
