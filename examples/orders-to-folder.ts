import { link, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CreateProducer, ProducerAnswer } from '../lib/producers/producer.ts';
import { readSettings } from '../lib/settings.ts';

/** Your own producer: each order becomes a file of a folder, `<order id>.json`. */
export const createProducer: CreateProducer = ({ env }) => {
  const folder = readSettings(env, ({ read }) =>
    read('SLUICE_PRODUCER_FOLDER', 'an absolute path', (text) =>
      path.isAbsolute(text) ? text : undefined,
    ),
  );
  return async (orders, { signal, token }) => {
    const answers = new Map<string, ProducerAnswer>();
    for (const order of orders) {
      const file = path.join(folder, `${order.id}.json`);
      // What was not begun when the time is up is given back, and no attempt is charged.
      if (signal.aborted) answers.set(order.id, { kind: 'untried' });
      else answers.set(order.id, await produce(file, JSON.stringify(order.lines), token));
    }
    return answers;
  };
};

async function produce(file: string, text: string, token: number): Promise<ProducerAnswer> {
  try {
    const draft = `${file}.${token}`;
    // Readable by its owner only: it is somebody's order.
    await writeFile(draft, text, { mode: 0o600 });
    // The whole file in one step, or none of it. One that is there is an earlier attempt's effect.
    await link(draft, file).catch((error) => error.code === 'EEXIST' || Promise.reject(error));
    await rm(draft);
    return { kind: 'produced', result: { file: path.basename(file) } };
  } catch {
    return { kind: 'retry', reason: 'The folder could not be written to.' };
  }
}
