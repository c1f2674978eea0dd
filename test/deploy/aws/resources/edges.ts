import { type Account, type Api, arnOf } from '../account.ts';
import { awsFault } from '../fault.ts';
import { functionNamed } from './compute.ts';
import { idOf, nameOf, type ResourceType } from './resource.ts';

interface RuleProperties {
  readonly Name?: string;
  readonly ScheduleExpression: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly Targets?: readonly { Id: string; Arn: string; Input?: string }[];
}

const SCHEDULE = /^(rate\((1 (minute|hour|day)|\d+ (minutes|hours|days))\)|cron\(\S+( \S+){5}\))$/;

export const rule: ResourceType = {
  attributes: ['Arn'],
  required: ['ScheduleExpression'],
  put(account, request) {
    const { Name, ScheduleExpression, ...properties } = request.properties as RuleProperties;
    const { State = 'ENABLED', Targets = [] } = properties;
    if (!SCHEDULE.test(ScheduleExpression)) {
      throw awsFault('ValidationException', 'Parameter ScheduleExpression is not valid.');
    }
    if (Targets.length > 5)
      throw awsFault('LimitExceededException', 'A rule has 5 targets at most');
    const targets = Targets.map(({ Arn, Input }) => {
      if (Input !== undefined) JSON.parse(Input);
      return { arn: Arn, input: Input };
    });
    const name = nameOf(request, Name, 64);
    const arn = arnOf(account, 'events', `rule/${name}`);
    account.rules.set(arn, {
      arn,
      schedule: ScheduleExpression,
      isEnabled: State === 'ENABLED',
      targets,
    });
    return { physicalId: name, attributes: { Arn: arn } };
  },
  remove(account, name) {
    account.rules.delete(arnOf(account, 'events', `rule/${name}`));
  },
};

export const api: ResourceType = {
  attributes: ['ApiEndpoint', 'ApiId'],
  required: ['Name', 'ProtocolType'],
  put({ apis, region, apiUrl }, request) {
    if ((request.properties as { ProtocolType: string }).ProtocolType !== 'HTTP') {
      throw awsFault('BadRequestException', 'Only HTTP APIs are known here');
    }
    const id = idOf(request);
    const fresh = {
      id,
      integrations: new Map(),
      authorizers: new Map(),
      stages: new Map(),
      routes: new Map(),
    };
    apis.set(id, apis.get(id) ?? fresh);
    const ApiEndpoint = apiUrl ?? `https://${id}.execute-api.${region}.amazonaws.com`;
    return { physicalId: id, attributes: { ApiEndpoint, ApiId: id } };
  },
  remove: ({ apis }, id) => void apis.delete(id),
};

interface StageProperties {
  readonly ApiId: string;
  readonly StageName: string;
  readonly AccessLogSettings?: { readonly DestinationArn: string; readonly Format: string };
}

export const stage: ResourceType = {
  attributes: [],
  required: ['ApiId', 'StageName'],
  put(account, request) {
    const { ApiId, StageName, AccessLogSettings } = request.properties as StageProperties;
    if (StageName !== '$default')
      throw awsFault('BadRequestException', 'Only $default is known here');
    const logGroup = AccessLogSettings?.DestinationArn.replace(/^.*:log-group:|:\*$/g, '');
    if (logGroup !== undefined && !account.logGroups.has(logGroup)) {
      throw awsFault('BadRequestException', `The log group ${logGroup} does not exist`);
    }
    const format = AccessLogSettings?.Format ?? '';
    const accessLog = logGroup === undefined ? undefined : { logGroup, format };
    apiWith(account, ApiId).stages.set(StageName, { name: StageName, accessLog });
    return { physicalId: StageName, attributes: {} };
  },
  remove({ apis }, name) {
    for (const { stages } of apis.values()) stages.delete(name);
  },
};

interface IntegrationProperties {
  readonly ApiId: string;
  readonly IntegrationType: string;
  readonly IntegrationUri: string;
  readonly PayloadFormatVersion: string;
  readonly TimeoutInMillis?: number;
}

export const integration: ResourceType = {
  attributes: ['IntegrationId'],
  required: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion'],
  put(account, request) {
    const {
      ApiId,
      TimeoutInMillis: timeoutMs = 30_000,
      ...properties
    } = request.properties as IntegrationProperties;
    const { IntegrationType, IntegrationUri, PayloadFormatVersion } = properties;
    if (IntegrationType !== 'AWS_PROXY' || PayloadFormatVersion !== '2.0') {
      throw awsFault('BadRequestException', 'Only AWS_PROXY with payloads 2.0 is known here');
    }
    const functionArn = functionNamed(account, IntegrationUri).arn;
    const id = idOf(request);
    apiWith(account, ApiId).integrations.set(id, { functionArn, timeoutMs });
    return { physicalId: id, attributes: { IntegrationId: id } };
  },
  remove({ apis }, id) {
    for (const { integrations } of apis.values()) integrations.delete(id);
  },
};

interface AuthorizerProperties {
  readonly ApiId: string;
  readonly AuthorizerType: string;
  readonly IdentitySource: readonly string[];
  readonly JwtConfiguration: { readonly Issuer: string; readonly Audience: readonly string[] };
}

export const authorizer: ResourceType = {
  attributes: ['AuthorizerId'],
  required: ['ApiId', 'AuthorizerType', 'Name', 'IdentitySource', 'JwtConfiguration'],
  put(account, request) {
    const { ApiId, AuthorizerType, IdentitySource, JwtConfiguration } =
      request.properties as AuthorizerProperties;
    if (AuthorizerType !== 'JWT' || IdentitySource.join() !== '$request.header.Authorization') {
      throw awsFault('BadRequestException', 'Only tokens in Authorization are known here');
    }
    const id = idOf(request);
    const { Issuer: issuer, Audience: audience } = JwtConfiguration;
    apiWith(account, ApiId).authorizers.set(id, { issuer, audience });
    return { physicalId: id, attributes: { AuthorizerId: id } };
  },
  remove({ apis }, id) {
    for (const { authorizers } of apis.values()) authorizers.delete(id);
  },
};

interface RouteProperties {
  readonly ApiId: string;
  readonly RouteKey: string;
  readonly Target: string;
  readonly AuthorizationType?: string;
  readonly AuthorizerId?: string;
}

export const route: ResourceType = {
  attributes: ['RouteId'],
  required: ['ApiId', 'RouteKey'],
  put(account, request) {
    const { ApiId, RouteKey, Target, ...properties } = request.properties as RouteProperties;
    const { AuthorizationType = 'NONE', AuthorizerId: authorizerId } = properties;
    const { routes, integrations, authorizers } = apiWith(account, ApiId);
    if (AuthorizationType !== (authorizerId === undefined ? 'NONE' : 'JWT')) {
      throw awsFault('BadRequestException', `Authorization ${AuthorizationType} is not known here`);
    }
    if (authorizerId !== undefined && !authorizers.has(authorizerId)) {
      throw awsFault('NotFoundException', `Invalid Authorizer identifier ${authorizerId}`);
    }
    const integrationId = Target.replace('integrations/', '');
    if (!integrations.has(integrationId)) {
      throw awsFault(
        'NotFoundException',
        `Invalid Integration identifier specified ${integrationId}`,
      );
    }
    const id = idOf(request);
    for (const [other, { routeKey }] of routes) {
      if (routeKey === RouteKey && other !== id) {
        throw awsFault(
          'ConflictException',
          `Route with key ${RouteKey} already exists for this API`,
        );
      }
    }
    routes.set(id, { routeKey: RouteKey, integrationId, authorizerId });
    return { physicalId: id, attributes: { RouteId: id } };
  },
  remove({ apis }, id) {
    for (const { routes } of apis.values()) routes.delete(id);
  },
};

function apiWith({ apis }: Account, id: string): Api {
  const found = apis.get(id);
  if (found !== undefined) return found;
  throw awsFault('NotFoundException', `Invalid API identifier specified ${id}`, 404);
}
