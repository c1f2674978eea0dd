import { expect, onTestFinished, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { clientOf } from './client.ts';
import { type Deployment, STAGE, startApiOf } from './deployment.ts';
import { issuerIn } from './lambda/jwt.ts';
import { namesIn } from './traces.ts';

const ISSUER = 'https://issuer.example/';

/** Tokens in the place of keys. */
function tokensOf(issue: ReturnType<typeof issuerIn>) {
  const tokenOf = (client_id: string, scope: string, aud = 'orders') =>
    issue({ client_id, scope, aud, exp: Math.floor(Date.now() / 1_000) + 600 });
  return {
    shop: tokenOf('shop', 'orders:write orders:read'),
    // Of the right issuer, for somebody else.
    other: tokenOf('shop', 'orders:write orders:read', 'mail'),
    admin: tokenOf('ops', 'orders:admin'),
  };
}

/** Tests of a stage that comes and goes beside the one that is deployed, with what that one has not. */
export function anotherStage(
  deployed: () => { readonly stage: Deployment; readonly client: ReturnType<typeof clientOf> },
): void {
  test('a stage beside another has tokens and wakes its drain, and sls remove leaves nothing of it', async () => {
    const { stage, client } = deployed();
    const { account } = stage.aws;
    const before = namesIn(account);
    for (const [name, secret] of account.secrets) {
      account.secrets.set(name.replace(STAGE, 'gone'), secret);
    }
    const tokens = tokensOf(issuerIn(account, ISSUER));
    const added = await stage.sls(['deploy', '--stage', 'gone'], {
      SLUICE_JWT_ISSUER: ISSUER,
      SLUICE_JWT_AUDIENCE: 'orders',
      SLUICE_WAKE_INTERVAL_MS: '100',
      SLUICE_RESERVED: 'off',
      SLUICE_PERMISSIONS_BOUNDARY: 'arn:aws:iam::123456789012:policy/sluice-gone-boundary',
    });
    expect(added, added.printed).toMatchObject({ code: 0 });
    const made = namesIn(account).filter((name) => !before.includes(name));
    expect(made).toHaveLength(before.filter((name) => !name.includes('deployer')).length);

    const api = await startApiOf('gone', stage);
    onTestFinished(() => api.close());
    const other = clientOf(api, tokens);
    const { id, status } = await other.submit(orderBody());
    expect(status).toBe(202);
    await stage.lambda.settled();
    const produced = { status: 200, body: { status: 'produced' } };
    expect(await other.call('shop', `GET /orders/${id}`)).toMatchObject(produced);
    expect(await other.call('shop', 'GET /stats')).toMatchObject({ status: 403 });
    expect(await other.call('admin', 'GET /stats')).toMatchObject({ status: 200 });
    expect(await other.call('other', `GET /orders/${id}`)).toMatchObject({ status: 401 });
    expect(await other.call(undefined, `GET /orders/${id}`)).toMatchObject({ status: 401 });
    expect(await client.call('shop', `GET /orders/${id}`)).toMatchObject({ status: 404 });

    const removed = await stage.sls(['remove', '--stage', 'gone']);
    expect(removed, removed.printed).toMatchObject({ code: 0 });
    expect(namesIn(account)).toEqual(before);
  }, 300_000);
}
