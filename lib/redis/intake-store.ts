import { statusAtIntake } from '../orders/order.ts';
import { StoreFault, StoreUnavailable } from '../queue/errors.ts';
import type { IntakeStore, NewOrder, SubmitAnswer, Submitted } from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { newOrderFields } from './order-hash.ts';
import { runRepeatedly } from './run-script.ts';
import { SUBMIT } from './scripts.ts';

export function intakeStore(client: RedisClient, keys: Keys): IntakeStore {
  return {
    async submit(orders: readonly NewOrder[], acceptedAtMs: number): Promise<Submitted> {
      const [queueDepth, answers] = (await runRepeatedly(
        client,
        SUBMIT,
        [
          ...[keys.index, keys.queue, keys.pending, keys.finished, keys.dead, keys.canceled],
          ...orders.map(({ id }) => keys.order(id)),
        ],
        [String(acceptedAtMs), ...orders.flatMap((order) => submitArgs(order, acceptedAtMs))],
      )) as [number, ScriptAnswer[]];
      return {
        answers: answers.map((answer, at) => answerFrom(answer, orders[at]?.id)),
        ...(queueDepth >= 0 && { queueDepth }),
      };
    },
  };
}

type ScriptAnswer = [1] | [0, string, string] | [2, string];

function answerFrom(answer: ScriptAnswer, id: string | undefined): SubmitAnswer {
  if (answer[0] === 1) return { kind: 'accepted' };
  if (answer[0] === 2) throw failureOf(id, answer[1]);
  return { kind: 'known', fingerprint: answer[1], acceptedAtMs: Number(answer[2]) };
}

/** Why an order could not be written: a key that holds something else, or a Redis in trouble. */
function failureOf(id: string | undefined, error: string): StoreFault | StoreUnavailable {
  const isFault = /^WRONGTYPE|is lost/.test(error);
  const message = `${id} could not be written: ${error.slice(0, 200)}`;
  return isFault ? new StoreFault(message) : new StoreUnavailable(message);
}

function submitArgs(order: NewOrder, acceptedAtMs: number): string[] {
  const { id, submission } = order;
  const isLater = statusAtIntake(submission, acceptedAtMs) === 'scheduled';
  const fields = newOrderFields(order, acceptedAtMs);
  const dueAtMs = isLater ? String(submission.produceAtMs) : '';
  return [id, dueAtMs, String(fields.length / 2), ...fields];
}
