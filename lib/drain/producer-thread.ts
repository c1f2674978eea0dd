import { getHeapStatistics } from 'node:v8';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { ClaimedOrder } from '../orders/order.ts';
import type { Producer, ProducerAnswer, ProducerContext } from '../producers/producer.ts';
import { ProducerDied } from './produce-batch.ts';

/** What is sent to the thread: a batch to produce, or that the signal of the last one has fired. */
type Request =
  | {
      readonly kind: 'produce';
      readonly orders: readonly ClaimedOrder[];
      readonly context: Pick<ProducerContext, 'deadlineMs' | 'token'>;
    }
  | { readonly kind: 'abort' };

/** What comes back: answers as JSON, as nothing else of them is kept; or where the producer threw. */
type Reply =
  | { readonly kind: 'answered'; readonly answers: string }
  | { readonly kind: 'threw'; readonly error: string; readonly stack: string };

const THREAD = 'sluice-producer';
/** What its heap may have of the one that this process may have: both are there at once. */
const HEAP_PART = 0.5;
const MEBIBYTE = 1024 * 1024;

export interface ProducerThread {
  /** @throws ProducerDied where the thread ends, whatever ended it; the next call starts another one */
  readonly isolated: Producer;
  stop(): Promise<void>;
}

/**
 * The producer of a function in a thread of its own, which starts with the first batch. What ends the thread
 * (an exception that nobody catches, `process.exit`, a heap that is full) does not end the drain. In
 * such a thread, where the function's module is loaded once more, the producer waits for batches instead.
 *
 * @param entry  the function's module
 * @param env    with the secrets in it
 */
export function threadsOf(
  producer: Producer,
  entry: URL,
  env: Readonly<Record<string, string | undefined>>,
): () => ProducerThread {
  if (parentPort !== null && isThread()) serve(parentPort, producer);
  return () => threadFrom(producer, entry, env);
}

interface Thread {
  readonly worker: Worker;
  /** Whether it has come to wait for batches. */
  readonly isReady: Promise<boolean>;
}

function threadFrom(
  producer: Producer,
  entry: URL,
  env: Readonly<Record<string, string | undefined>>,
): ProducerThread {
  let thread: Thread | undefined;
  let isStopped = false;

  function start(): Thread {
    // The secrets are in it: they need not be read once more.
    const { SLUICE_SECRETS: _, ...known } = env;
    const heapMb = (HEAP_PART * getHeapStatistics().heap_size_limit) / MEBIBYTE;
    const worker = new Worker(entry, {
      env: { ...known } as NodeJS.Dict<string>,
      execArgv: [],
      workerData: { kind: THREAD },
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapMb) },
    });
    const ready = Promise.withResolvers<boolean>();
    const ended = () => {
      if (thread?.worker === worker) thread = undefined;
      ready.resolve(false);
    };
    worker.once('message', () => ready.resolve(true));
    worker.on('error', ended).on('exit', ended);
    return { worker, isReady: ready.promise };
  }

  const isolated: Producer = async (orders, context) => {
    thread ??= start();
    const { worker, isReady } = thread;
    if (await isReady) return ask(worker, orders, context);
    if (isStopped) throw new ProducerDied();
    // A thread that does not start has not died of an order.
    return producer(orders, context);
  };

  return {
    isolated,
    async stop() {
      isStopped = true;
      await thread?.worker.terminate();
    },
  };
}

/** @throws ProducerDied, or what the producer has thrown */
function ask(
  worker: Worker,
  orders: readonly ClaimedOrder[],
  { signal, deadlineMs, token }: ProducerContext,
): Promise<ReadonlyMap<string, ProducerAnswer>> {
  const outcome = Promise.withResolvers<ReadonlyMap<string, ProducerAnswer>>();
  const send = (request: Request) => worker.postMessage(request);
  const abort = () => send({ kind: 'abort' });
  const answered = (reply: Reply) => {
    if (reply.kind === 'answered') outcome.resolve(new Map(JSON.parse(reply.answers)));
    else outcome.reject(Object.assign(new Error(reply.error), { stack: reply.stack }));
  };
  const died = () => outcome.reject(new ProducerDied());
  worker.once('message', answered).once('error', died).once('exit', died);
  signal.addEventListener('abort', abort, { once: true });
  send({ kind: 'produce', orders, context: { deadlineMs, token } });
  if (signal.aborted) abort();
  return outcome.promise.finally(() => {
    signal.removeEventListener('abort', abort);
    worker.off('message', answered).off('error', died).off('exit', died);
  });
}

/** Whether this is such a thread, and not the function itself. */
function isThread(): boolean {
  return (workerData as { kind?: unknown } | null)?.kind === THREAD;
}

function serve(port: MessagePort, producer: Producer): void {
  let stop = new AbortController();
  port.on('message', async (request: Request) => {
    if (request.kind === 'abort') return stop.abort();
    stop = new AbortController();
    port.postMessage(await replyTo(producer, request, stop.signal));
  });
  port.postMessage('ready');
}

async function replyTo(
  producer: Producer,
  { orders, context }: Extract<Request, { kind: 'produce' }>,
  signal: AbortSignal,
): Promise<Reply> {
  try {
    const answers = await producer(orders, { ...context, signal });
    return { kind: 'answered', answers: JSON.stringify([...answers].map(sendable)) };
  } catch (error) {
    const { name, stack = '' } = error instanceof Error ? error : new Error();
    return { kind: 'threw', error: name, stack };
  }
}

/** An order is produced, whatever came back: a result that cannot be sent is left out. */
function sendable([id, answer]: [string, ProducerAnswer]): [string, ProducerAnswer] {
  try {
    JSON.stringify(answer);
    return [id, answer];
  } catch {
    return [id, answer.kind === 'produced' ? { ...answer, result: undefined } : answer];
  }
}
