import { expect, test } from 'vitest';
import { SecretsUnavailable } from '../../lib/secrets/errors.ts';
import { KEPT_MS, secretsOf } from '../../lib/secrets/secrets.ts';
import { steppedClock } from '../support/stepped-clock.ts';

const MINUTE_MS = 60_000;
const NAME = '/sluice/test/SLUICE_API_KEYS';

/** Secrets from a store that a test changes, breaks, and counts the readings of. */
function kept(names = NAME) {
  const clock = steppedClock(1_800_000_000_000);
  const values = new Map([[NAME, 'first']]);
  const store = { isDown: false, readings: 0, values };
  const read = async () => {
    store.readings += 1;
    if (store.isDown) throw new SecretsUnavailable('down');
    return new Map(values);
  };
  const env = { SLUICE_SECRETS: names, SLUICE_PREFIX: 'test:' };
  return { clock, store, secrets: secretsOf(env, { read, clock }) };
}

test('secrets stand in the environment under the last part of their names', async () => {
  const { secrets } = kept();
  expect(await secrets.current()).toMatchObject({
    SLUICE_API_KEYS: 'first',
    SLUICE_PREFIX: 'test:',
  });
});

test('an environment that names no parameters is taken as it is, and nothing is read', async () => {
  const { secrets, store } = kept('');
  expect(await secrets.current()).toEqual({ SLUICE_SECRETS: '', SLUICE_PREFIX: 'test:' });
  await secrets.renewed();
  expect(store.readings).toBe(0);
});

test('secrets are read once for four minutes, and are the same object while they are the same', async () => {
  const { clock, secrets, store } = kept();
  const first = await secrets.current();
  clock.step(4 * MINUTE_MS - 1);
  expect(await secrets.current()).toBe(first);
  expect(store.readings).toBe(1);
  clock.step(1);
  expect(await secrets.current()).toBe(first);
  expect(store.readings).toBe(2);
});

test('a change is known within five minutes', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.values.set(NAME, 'second');
  clock.step(KEPT_MS - 1);
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'second' });
});

test('five minutes are counted from before the reading: a Lambda may be frozen in the middle of it', async () => {
  const clock = steppedClock(1_800_000_000_000);
  let readings = 0;
  const read = async () => {
    readings += 1;
    if (readings === 1) clock.step(KEPT_MS);
    return new Map([[NAME, String(readings)]]);
  };
  const secrets = secretsOf({ SLUICE_SECRETS: NAME }, { read, clock });
  await secrets.current();
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: '2' });
});

test('a store that is down for a minute is not felt, and is not asked by every request', async () => {
  const { clock, secrets, store } = kept();
  const first = await secrets.current();
  store.isDown = true;
  clock.step(4 * MINUTE_MS);
  for (let request = 0; request < 100; request += 1) {
    expect(await secrets.current()).toBe(first);
    clock.step(500);
  }
  expect(store.readings).toBeLessThanOrEqual(1 + 6);
});

test('after five minutes what cannot be read anew is no longer believed', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.isDown = true;
  clock.step(KEPT_MS);
  await expect(secrets.current()).rejects.toThrow(SecretsUnavailable);
  store.isDown = false;
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'first' });
});

test('a clock that is set back does not keep a secret alive', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.values.set(NAME, 'second');
  clock.step(-24 * 60 * MINUTE_MS);
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'second' });
});

test('what was refused is read anew at once, and then not again for ten seconds', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.values.set(NAME, 'second');
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'second' });
  store.values.set(NAME, 'third');
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'second' });
  expect(store.readings).toBe(2);
  clock.step(10_000);
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'third' });
});

test('a parameter that there is not is named, and a value is not', async () => {
  const { secrets } = kept(`${NAME},/sluice/test/UPSTASH_REDIS_REST_TOKEN`);
  const read = secrets.current();
  await expect(read).rejects.toThrow('- /sluice/test/UPSTASH_REDIS_REST_TOKEN');
  await expect(read).rejects.not.toThrow('first');
});
