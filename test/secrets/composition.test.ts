import { expect, test } from 'vitest';
import { composed } from '../../lib/composition.ts';
import type { Secrets } from '../../lib/secrets/secrets.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { lambdaContext } from '../support/functions.ts';

/** Each event is what becomes of its sendings: whether each was refused. */
type Sendings = readonly boolean[];

/** A function of which each event is answered with the token that it was handled with. */
async function functionWith(renewedToken: string) {
  let env: Environment = { TOKEN: 'old' };
  const handled: string[] = [];
  const secrets: Secrets = {
    current: async () => env,
    async renewed() {
      env = { TOKEN: renewedToken };
      return env;
    },
  };
  const handler = await composed({
    secrets,
    runtimeIn({ TOKEN = '' }, sent) {
      if (TOKEN === 'malformed') throw new ConfigError('TOKEN');
      return { token: TOKEN, sent };
    },
    compose:
      ({ token, sent }) =>
      async (sendings: Sendings) => {
        handled.push(token);
        if (token === 'old') for (const isRefused of sendings) sent(isRefused);
        return token;
      },
  });
  return { handled, call: (sendings: Sendings) => handler(sendings, lambdaContext()) };
}

test('an event of which everything was refused is handled once more', async () => {
  const { call, handled } = await functionWith('new');
  expect(await call([true, true])).toBe('new');
  expect(handled).toEqual(['old', 'new']);
});

test('an event of which something was done is not, and the next one has the new secrets', async () => {
  const { call, handled } = await functionWith('new');
  expect(await call([false, true])).toBe('old');
  expect(await call([])).toBe('new');
  expect(handled).toEqual(['old', 'new']);
});

test('what was sent for one event says nothing of the next', async () => {
  const { call } = await functionWith('new');
  expect(await call([false])).toBe('old');
  expect(await call([true])).toBe('new');
});

test('new secrets that are wrong fail the next event, and not the one that met them', async () => {
  const { call } = await functionWith('malformed');
  expect(await call([false, true])).toBe('old');
  await expect(call([])).rejects.toThrow(ConfigError);
});
