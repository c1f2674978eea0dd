import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createProducer } from '../../examples/orders-to-folder.ts';
import { ConfigError } from '../../lib/settings.ts';
import { functionEnvironment } from '../support/functions.ts';
import { newOrder, submission } from '../support/orders.ts';
import { bundleOptions, packagedDrain } from '../support/packaged-drain.ts';
import { ROOT } from '../support/source-files.ts';
import { readOrder, storeWith, submitOne } from '../support/store.ts';
import { conformanceOf } from './conformance.ts';

function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'sluice-folder-'));
}

function producerInto(folder: string) {
  return createProducer({
    ...{ random: () => 0.5, log: () => undefined },
    env: { SLUICE_PRODUCER_FOLDER: folder },
    clock: { now: () => 0, after: () => () => undefined },
  });
}

conformanceOf(
  'orders-to-folder, the example',
  async () => {
    const folder = freshFolder();
    return {
      createProducer: () => producerInto(folder),
      effectsOf: (id) => readdirSync(folder).filter((name) => name === `${id}.json`).length,
      refuse(id) {
        // In the way of the first claim's draft: its token is the number of its orders.
        mkdirSync(path.join(folder, `${id}.json.5`));
      },
      async [Symbol.asyncDispose]() {
        rmSync(folder, { recursive: true });
      },
    };
  },
  { lacks: ['hang', 'loseNextAnswer', 'tokenOf'] },
);

test.each([undefined, '', 'orders'])('the example does not start with the folder %j', (folder) => {
  expect(() => producerInto(folder as string)).toThrow(ConfigError);
});

test('your own producer is bundled with the drain, and produces what was submitted', async () => {
  const drain = await packagedDrain('./examples/orders-to-folder.ts');
  const folder = freshFolder();
  onTestFinished(() => {
    drain.remove();
    rmSync(folder, { recursive: true });
  });
  const environment = functionEnvironment();
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const order = newOrder('a');
  await submitOne(store, order);
  const child = drain.run({ ...environment, SLUICE_PRODUCER_FOLDER: folder });
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(await readOrder(store, order.id, Date.now())).toMatchObject({
    status: 'produced',
    result: { file: `${order.id}.json` },
  });
  const written = readFileSync(path.join(folder, `${order.id}.json`), 'utf8');
  expect(JSON.parse(written)).toEqual(submission().lines);
});

test.each(['./examples/none.ts', 'webhooks', '../producer.ts', '/producer.ts', 'lib/clock.ts'])(
  'packaging stops where SLUICE_PRODUCER is %s',
  (producer) => {
    expect(() => bundleOptions(producer)).toThrow('SLUICE_PRODUCER is wrong');
  },
);

test('docs/producers.md shows the example as it is', () => {
  const read = (file: string) => readFileSync(`${ROOT}/${file}`, 'utf8');
  expect(read('docs/producers.md')).toContain(
    `\`\`\`ts\n${read('examples/orders-to-folder.ts')}\`\`\``,
  );
});
