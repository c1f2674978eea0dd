import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { SentOrder } from '../../../examples/webhook-receiver/receiver.ts';
import type { Nature } from '../order-plan.ts';
import type { Behind, BehindOptions } from './behind.ts';
import { type Request, serve } from './http.ts';
import { createLedger, type Handover, type Verdict } from './ledger.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** Soon given up on: a receiver that hangs is one of the faults. */
const TIMEOUT_MS = '400';

/** What the receiver does to a POST instead of answering it; by then it took effect, or did not. */
interface Fault {
  readonly hasEffect: boolean;
  readonly answer: (response: ServerResponse, isBatch: boolean) => unknown;
}

const FAULTS: readonly Fault[] = [
  { hasEffect: false, answer: (response) => response.destroy() },
  { hasEffect: true, answer: (response) => response.destroy() },
  { hasEffect: false, answer: (response) => response.writeHead(500).end() },
  { hasEffect: true, answer: (response) => response.writeHead(502).end() },
  { hasEffect: false, answer: (response) => response.writeHead(429, { 'retry-after': '1' }).end() },
  { hasEffect: false, answer: () => undefined },
  { hasEffect: true, answer: () => undefined },
  { hasEffect: true, answer: breakOff },
];
/** One POST in so many has a fault, and one fault in so many befalls many POSTs in a row. */
const POSTS_PER_FAULT = 40;
const FAULTS_PER_BURST = 4;
const BURST_POSTS = 20;

/** Of one order this says that it is produced, and not its number. */
function breakOff(response: ServerResponse, isBatch: boolean): void {
  if (!isBatch) return void response.destroy();
  response.writeHead(200, { 'content-length': 99 });
  response.write('{"results":', () => response.destroy());
}

/** A receiver of webhooks as `docs/producers.md` asks for one, with faults of its own. */
export async function startWebhookBehind({ chance, onEffect }: BehindOptions): Promise<Behind> {
  const webhook = new Webhook(SECRET);
  const ledger = createLedger();
  let isHealed = false;
  let faults = 0;
  let burst: { fault: Fault | undefined; left: number } = { fault: undefined, left: 0 };

  function nextFault(): Fault | undefined {
    if (isHealed) return undefined;
    if (burst.left > 0) {
      burst.left -= 1;
      faults += 1;
      return burst.fault;
    }
    if (chance() * POSTS_PER_FAULT >= 1) return undefined;
    faults += 1;
    const fault = FAULTS[Math.floor(chance() * FAULTS.length)];
    if (chance() * FAULTS_PER_BURST < 1) burst = { fault, left: BURST_POSTS };
    return fault;
  }

  const server = await serve((request, response) => {
    // Without a limit of age: at the end of a run the drains' clock is far ahead.
    if (!isSigned(webhook, request)) return response.writeHead(503).end();
    const { drain, body, headers } = request;
    const message = JSON.parse(body) as Message;
    const isBatch = message.type === 'orders.produce';
    const orders = isBatch ? message.data.orders : [message.data];
    const [first, ...others] = orders;
    // Where a batch fails, what was not sent alone after it counts as not sent.
    if (first && others.length === 0)
      ledger.seen(first.id, Number(headers['sluice-fencing-token']));
    onEffect(drain, 'before');
    const fault = nextFault();
    if (fault?.hasEffect === false) return fault.answer(response, isBatch);
    const verdicts = orders.map((order) => {
      const key = isBatch ? order.id : String(headers['idempotency-key']);
      return { id: order.id, ...ledger.take(key, handoverOf(order)) };
    });
    if (onEffect(drain, 'after')) return response.destroy();
    if (fault !== undefined) return fault.answer(response, isBatch);
    return isBatch ? answerBatch(response, verdicts) : answerOne(response, verdicts[0] as Verdict);
  });

  return {
    // Both modes at one receiver: what one drain has sent alone another may send in a batch.
    environmentOf: (drain) => ({
      SLUICE_WEBHOOK_URL: server.urlOf(drain),
      SLUICE_WEBHOOK_SECRETS: SECRET,
      SLUICE_WEBHOOK_ALLOW_PRIVATE: 'localhost',
      SLUICE_WEBHOOK_TIMEOUT_MS: TIMEOUT_MS,
      SLUICE_WEBHOOK_MODE: drain % 2 === 0 ? 'order' : 'batch',
    }),
    faults: () => faults,
    async heal() {
      isHealed = true;
    },
    entries: async () => ledger.entries,
    stop: server.stop,
  };
}

type Sent = SentOrder & { readonly metadata: { readonly nature: Nature } };

type Message =
  | { readonly type: 'order.produce'; readonly data: Sent }
  | { readonly type: 'orders.produce'; readonly data: { readonly orders: readonly Sent[] } };

function handoverOf({ id, metadata: { nature }, totalAmount }: Sent): Handover {
  return { id, nature, totalAmount };
}

function isSigned(webhook: Webhook, { headers, body }: Request): boolean {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  const signature = webhook.sign(String(headers['webhook-id']), sentAt, body);
  return headers['webhook-signature'] === signature;
}

const STATUSES = { produced: 200, retry: 409, rejected: 422 };

function answerOne(response: ServerResponse, { kind, ...rest }: Verdict): void {
  response.writeHead(STATUSES[kind]).end(JSON.stringify(rest));
}

function answerBatch(response: ServerResponse, verdicts: readonly Verdict[]): void {
  const results = verdicts.map(({ kind: status, ...rest }) => ({ status, ...rest }));
  response.end(JSON.stringify({ results }));
}
