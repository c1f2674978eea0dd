import type { ServerResponse } from 'node:http';
import { conformanceOf, type SystemBehind } from './conformance.ts';
import { answerJson, producerFor, type Received, startReceiver } from './receiver.ts';

/** A receiver as `docs/producers.md` asks for one: an order's id is its idempotency key. */
async function startShop(mode: 'order' | 'batch'): Promise<SystemBehind> {
  const effects = new Map<string, { count: number; token: number }>();
  const keys = new Set<string>();
  const refused = new Set<string>();
  let hangs = false;
  let losesNext = false;
  const receiver = await startReceiver((received, response) => {
    if (hangs) return;
    if (mode === 'order' && received.orders.some((id) => refused.has(id))) {
      return answerJson(response, 422, { reason: 'no such sku' });
    }
    const results = received.orders.map((id) => produce(id, received));
    if (losesNext) {
      losesNext = false;
      return response.destroy();
    }
    return mode === 'batch' ? answerJson(response, 200, { results }) : accepted(response);
  });

  function produce(id: string, { headers }: Received) {
    if (refused.has(id)) return { id, status: 'rejected', reason: 'no such sku' };
    const key = mode === 'order' ? String(headers['idempotency-key']) : id;
    if (keys.has(key)) return { id, status: 'produced' };
    keys.add(key);
    const token = Number(headers['sluice-fencing-token']);
    effects.set(id, { count: (effects.get(id)?.count ?? 0) + 1, token });
    return { id, status: 'produced' };
  }

  return {
    createProducer: (clock) => producerFor(receiver.url, { clock }, { mode }),
    effectsOf: (id) => effects.get(id)?.count ?? 0,
    tokenOf: (id) => effects.get(id)?.token,
    refuse: (id) => void refused.add(id),
    hang() {
      hangs = true;
      return receiver.got(1);
    },
    loseNextAnswer() {
      losesNext = true;
    },
    [Symbol.asyncDispose]: receiver[Symbol.asyncDispose],
  };
}

function accepted(response: ServerResponse): void {
  response.writeHead(204).end();
}

conformanceOf('webhook, an order at a time', () => startShop('order'));
conformanceOf('webhook, a batch at a time', () => startShop('batch'));
