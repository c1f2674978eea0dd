import { expect, test } from 'vitest';
import { SecretsUnavailable } from '../../lib/secrets/errors.ts';
import { KEPT_MS, secretsOf } from '../../lib/secrets/secrets.ts';
import { ConfigError } from '../../lib/settings.ts';
import { steppedClock } from '../support/stepped-clock.ts';

const MINUTE_MS = 60_000;
const NAME = 'sluice/test';

/** Secrets from a store that a test changes, breaks, and counts the reads of. */
function kept(names = NAME) {
  const clock = steppedClock(1_800_000_000_000);
  const store = {
    failure: undefined as Error | undefined,
    readings: 0,
    variables: { SLUICE_API_KEYS: 'first' },
  };
  const read = async () => {
    store.readings += 1;
    if (store.failure) throw store.failure;
    return { ...store.variables };
  };
  const env = { SLUICE_SECRETS: names, SLUICE_PREFIX: 'test:' };
  return { clock, store, secrets: secretsOf(env, { read, clock }) };
}

const UNREACHABLE = new SecretsUnavailable('throttled', 'unreachable');
const REFUSED = new SecretsUnavailable('AccessDeniedException', 'refused');
const MISSING = new ConfigError('There is no secret');

test('the variables of a secret stand in the environment', async () => {
  const { secrets } = kept();
  expect(await secrets.current()).toMatchObject({
    SLUICE_API_KEYS: 'first',
    SLUICE_PREFIX: 'test:',
  });
});

test('an environment that names no secret is taken as it is, and nothing is read', async () => {
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
  store.variables.SLUICE_API_KEYS = 'second';
  clock.step(KEPT_MS - 1);
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'second' });
});

test('five minutes are counted from before the reading: a Lambda may be frozen in the middle of it', async () => {
  const clock = steppedClock(1_800_000_000_000);
  let readings = 0;
  const read = async () => {
    readings += 1;
    if (readings === 1) clock.step(KEPT_MS);
    return { SLUICE_API_KEYS: String(readings) };
  };
  const secrets = secretsOf({ SLUICE_SECRETS: NAME }, { read, clock });
  await secrets.current();
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: '2' });
});

test('a store that cannot be reached is not felt, and is not asked by every request', async () => {
  const { clock, secrets, store } = kept();
  const first = await secrets.current();
  store.failure = UNREACHABLE;
  clock.step(4 * MINUTE_MS);
  for (let request = 0; request < 400; request += 1) {
    expect(await secrets.current()).toBe(first);
    clock.step(500);
  }
  expect(store.readings).toBeLessThanOrEqual(1 + 21);
  store.failure = undefined;
  store.variables.SLUICE_API_KEYS = 'second';
  clock.step(10_000);
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'second' });
});

test.each([REFUSED, MISSING])(
  'a store that answers with "$message" ends the use of what is known after five minutes',
  async (failure) => {
    const { clock, secrets, store } = kept();
    const first = await secrets.current();
    store.failure = failure;
    clock.step(KEPT_MS - 1);
    expect(await secrets.current()).toBe(first);
    clock.step(1);
    await expect(secrets.current()).rejects.toBe(failure);
    await expect(secrets.current()).rejects.toBe(failure);
    store.failure = undefined;
    expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'first' });
  },
);

test('without anything known, a store that cannot be reached is an error', async () => {
  const { secrets, store } = kept();
  store.failure = UNREACHABLE;
  await expect(secrets.current()).rejects.toBe(UNREACHABLE);
});

test('a clock that is set back does not keep a secret alive', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.variables.SLUICE_API_KEYS = 'second';
  clock.step(-24 * 60 * MINUTE_MS);
  expect(await secrets.current()).toMatchObject({ SLUICE_API_KEYS: 'second' });
});

test('what was refused is read anew at once, and then not again for ten seconds', async () => {
  const { clock, secrets, store } = kept();
  await secrets.current();
  store.variables.SLUICE_API_KEYS = 'second';
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'second' });
  store.variables.SLUICE_API_KEYS = 'third';
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'second' });
  expect(store.readings).toBe(2);
  clock.step(10_000);
  expect(await secrets.renewed()).toMatchObject({ SLUICE_API_KEYS: 'third' });
});
