import { expect, test } from 'vitest';
import { newAccount } from '../aws/account.ts';
import { claimsIn, issuerIn } from './jwt.ts';

const ISSUER = 'https://issuer.example/';
const AUTHORIZER = { issuer: ISSUER, audience: ['orders'] };
const account = newAccount('eu-central-1');
const issue = issuerIn(account, ISSUER);
const issueOther = issuerIn(newAccount('eu-central-1'), ISSUER);

const nowS = Math.floor(Date.now() / 1_000);
const RIGHT = { client_id: 'shop', aud: 'orders', exp: nowS + 600 };

const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');

test.each([
  ['is right', issue(RIGHT), true],
  ['is for several, and us among them', issue({ ...RIGHT, aud: ['mail', 'orders'] }), true],
  ['is for somebody else', issue({ ...RIGHT, aud: 'mail' }), false],
  ['has run out', issue({ ...RIGHT, exp: nowS - 1 }), false],
  ['never runs out', issue({ ...RIGHT, exp: undefined }), false],
  ['is not valid yet', issue({ ...RIGHT, nbf: nowS + 600 }), false],
  ['names another issuer', issue({ ...RIGHT, iss: 'https://other.example/' }), false],
  ['was signed by somebody else', issueOther(RIGHT), false],
  ['is not signed', issue(RIGHT).replace(/^[^.]+/, unsigned), false],
  ['is none', 'shop', false],
])('a token that %s', (_, token, isTaken) => {
  expect(claimsIn(account, AUTHORIZER, `Bearer ${token}`) !== undefined).toBe(isTaken);
});
