import { SettingFault } from './setting-fault.js';

/**
 * A JWT authorizer, where SLUICE_JWT_ISSUER and SLUICE_JWT_AUDIENCE are set: API Gateway checks the
 * token of each request, and the functions take the caller from its claims instead of from a key.
 */
const { SLUICE_JWT_ISSUER: issuer = '', SLUICE_JWT_AUDIENCE: audience = '' } = process.env;

export const isJwt = issuer !== '' || audience !== '';

if (isJwt && (!/^https:\/\/[^\s?#]+$/.test(issuer) || !/^[\x21-\x7e]+$/.test(audience))) {
  throw new SettingFault(
    'SLUICE_JWT_ISSUER and SLUICE_JWT_AUDIENCE go together: the URL of the issuer, with https, ' +
      'and the audience that its tokens name; several are separated by commas.',
  );
}

const NAME = 'jwt';

/** `provider.httpApi.authorizers` */
export const authorizers = isJwt
  ? {
      [NAME]: {
        type: 'jwt',
        identitySource: '$request.header.Authorization',
        issuerUrl: issuer,
        audience: audience.split(','),
      },
    }
  : {};

/** Puts the authorizer before every route of `serverless.yml`, so that no new one can lack it. */
export default class JwtAuthorizer {
  constructor(serverless) {
    this.hooks = { initialize: () => isJwt && authorizeAll(serverless.service.functions) };
  }
}

function authorizeAll(functions) {
  for (const event of Object.values(functions).flatMap(({ events }) => events)) {
    if (event.httpApi === undefined) continue;
    const [method, path] = event.httpApi.split(' ');
    event.httpApi = { method, path, authorizer: { name: NAME } };
  }
}
