import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Signer, signedHeaders } from '../../lib/aws/signature.ts';

/** Credentials, time and signatures are those of AWS's own test suite. */
const SIGNER: Signer = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
};
const AT_MS = Date.UTC(2015, 7, 30, 12, 36);
const SESSION =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeo' +
  'IYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5V' +
  'SXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yj' +
  'c8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
const FORM = 'Param1=value1';

const VECTORS: [
  name: string,
  request: { headers?: Record<string, string>; body?: string; token?: string },
  signed: string,
  signature: string,
][] = [
  [
    'post-vanilla',
    {},
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'post-header-key-sort',
    { headers: { 'My-Header1': 'value1' } },
    'host;my-header1;x-amz-date',
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-sts-header-before',
    { token: SESSION },
    'host;x-amz-date;x-amz-security-token',
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      body: FORM,
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': '13',
        'x-amz-content-sha256': createHash('sha256').update(FORM).digest('hex'),
      },
    },
    'content-length;content-type;host;x-amz-content-sha256;x-amz-date',
    'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
  ],
];

test.each(VECTORS)(
  '%s of the test suite of AWS is signed as there',
  (_, request, signed, signature) => {
    const { headers = {}, body = '', token } = request;
    const url = new URL('https://example.amazonaws.com/');
    const sent = signedHeaders({ url, headers, body }, { ...SIGNER, sessionToken: token }, AT_MS);
    const scope = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
    expect(sent).toEqual({
      ...headers,
      'x-amz-date': '20150830T123600Z',
      ...(token && { 'x-amz-security-token': token }),
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    });
  },
);
