import { beforeAll, expect, test } from 'vitest';
import { COMMANDS_MAX, type Limit } from '../../deploy/throttles.ts';
import { FUNCTIONS } from '../support/source-files.ts';
import { deployedFunction } from './rules.ts';
import { type Resource, referencesIn, resourcesOf, type Template } from './template.ts';
import type { Variant } from './variants.ts';

const propertiesOf = (template: Template, type: string) =>
  resourcesOf(template, type).map(([, { Properties }]) => Properties);

/** What each option makes of the template, and that it makes nothing of it where it is off. */
export function testOptions(templateOf: (variant: Variant) => Template): void {
  let plain: Template;
  let full: Template;
  let resting: Template;

  beforeAll(() => {
    plain = templateOf('as it comes');
    full = templateOf('with every option');
    resting = templateOf('with nothing that runs by itself');
  });

  test('stages have prefixes of their own, so that they can share a database', () => {
    expect(deployedFunction(plain, 'stats').env).toMatchObject({
      SLUICE_STAGE: 'dev',
      SLUICE_PREFIX: 'dev:',
    });
    expect(deployedFunction(full, 'stats').env).toMatchObject({
      SLUICE_STAGE: 'prod',
      SLUICE_PREFIX: 'prod:',
    });
  });

  test('what the routes let through stays within the commands that Redis takes', () => {
    for (const [template, budget] of [
      [plain, 10_000],
      [full, 2_000],
    ] as const) {
      const [[, stage]] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage') as [[string, Resource]];
      const { DefaultRouteSettings: others, RouteSettings } = stage.Properties as {
        DefaultRouteSettings: Limit;
        RouteSettings: Record<string, Limit>;
      };
      const limits = { ...RouteSettings, others };
      const spent = Object.entries(COMMANDS_MAX).map(
        ([route, commands]) =>
          (limits[route as keyof typeof limits]?.ThrottlingRateLimit ?? Number.NaN) * commands,
      );
      expect(spent.reduce((sum, commands) => sum + commands, 0)).toBeLessThanOrEqual(budget * 0.8);
      // It would take the drain its reserved place.
      expect(RouteSettings['POST /drain']).toEqual({
        ThrottlingRateLimit: 1,
        ThrottlingBurstLimit: 2,
      });
      // API Gateway refuses the settings of a route that is not there yet.
      const made = Object.entries(template.Resources).filter(
        ([, { Type, Properties }]) =>
          Type.endsWith('::Route') &&
          Object.keys(RouteSettings).includes(String(Properties.RouteKey)),
      );
      expect(stage.DependsOn).toEqual(expect.arrayContaining(made.map(([id]) => id)));
      expect(made).toHaveLength(Object.keys(RouteSettings).length);
    }
  });

  test('the stage writes a line of JSON for each request, with nothing of the order', () => {
    const [stage] = propertiesOf(plain, 'AWS::ApiGatewayV2::Stage');
    const { AccessLogSettings } = stage as { AccessLogSettings: { Format: string } };
    const [{ target = '' } = {}] = referencesIn(AccessLogSettings);
    expect(plain.Resources[target]?.Properties.RetentionInDays).toBe(30);
    const fields: unknown[] = Object.values(JSON.parse(AccessLogSettings.Format));
    expect(fields).toContain('$context.routeKey');
    for (const field of fields) {
      // Neither a path, which names an order, nor a query, a header, a body or a free text.
      expect(field).toMatch(
        /^\$context\.(requestTime|requestId|routeKey|status|responseLatency|responseLength|identity\.sourceIp|error\.responseType|integration\.(requestId|latency))$/,
      );
    }
  });

  test('with a JWT authorizer every route is behind it', () => {
    expect(propertiesOf(plain, 'AWS::ApiGatewayV2::Authorizer')).toEqual([]);
    const [[id, authorizer] = []] = resourcesOf(full, 'AWS::ApiGatewayV2::Authorizer');
    expect(authorizer?.Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example/', Audience: ['orders', 'shop'] },
    });
    const routes = propertiesOf(full, 'AWS::ApiGatewayV2::Route');
    expect(routes).toHaveLength(propertiesOf(plain, 'AWS::ApiGatewayV2::Route').length);
    for (const route of routes) {
      expect(route).toMatchObject({ AuthorizationType: 'JWT', AuthorizerId: { Ref: id } });
    }
    expect(deployedFunction(full, 'stats').env).toMatchObject({
      SLUICE_JWT_ISSUER: 'https://issuer.example/',
      SLUICE_JWT_AUDIENCE: 'orders,shop',
    });
  });

  test('each function is invoked for the paths of its own routes alone', () => {
    const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${HttpApi}`;
    for (const template of [plain, full, resting]) {
      const routes = propertiesOf(template, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) =>
        String(RouteKey).replace(/^\w+ /, ''),
      );
      const sources = propertiesOf(template, 'AWS::Lambda::Permission')
        .filter(({ Principal }) => Principal === 'apigateway.amazonaws.com')
        .map(({ SourceArn }) => (SourceArn as { 'Fn::Sub': string })['Fn::Sub']);
      const single = routes.filter((route) => !route.startsWith('/stock'));
      // To set and to read stock there are two routes each; to untrack a SKU there is one.
      const stock = ['/stock*', '/stock*', '/stock/{sku}'];
      const paths = [...single, ...stock].map((path) => `${arn}/*/*${path}`);
      expect(sources.toSorted()).toEqual(paths.sort());
    }
  });

  test('with a domain the API is reached by it and by nothing else', () => {
    const [api] = propertiesOf(full, 'AWS::ApiGatewayV2::Api');
    expect(api?.DisableExecuteApiEndpoint).toBe(true);
    expect(propertiesOf(full, 'AWS::ApiGatewayV2::DomainName')).toMatchObject([
      {
        DomainName: 'orders.shop.example',
        DomainNameConfigurations: [{ SecurityPolicy: 'TLS_1_2', EndpointType: 'REGIONAL' }],
      },
    ]);
    expect(propertiesOf(full, 'AWS::ApiGatewayV2::ApiMapping')).toEqual([
      {
        ApiId: { Ref: 'HttpApi' },
        DomainName: { Ref: 'ApiDomain' },
        Stage: { Ref: 'HttpApiStage' },
      },
    ]);
    expect(full.Outputs).toMatchObject({
      ApiUrl: { Value: 'https://orders.shop.example' },
      DomainTarget: { Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalDomainName'] } },
    });
    expect(plain.Outputs.ApiUrl?.Value).toEqual({ 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] });
    expect(propertiesOf(plain, 'AWS::ApiGatewayV2::Api')[0]?.DisableExecuteApiEndpoint).toBe(false);
  });

  test('every slot has a schedule, and the drain a place for each, for a woken one and for POST /drain', () => {
    const inputs = propertiesOf(full, 'AWS::Events::Rule').flatMap(({ Targets }) =>
      (Targets as { Input?: string }[]).map(({ Input }) => Input),
    );
    expect(inputs).toEqual(['{"slot":0}', '{"slot":1}', '{"slot":2}', undefined, undefined]);
    const reserved = (template: Template) =>
      resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
        const { FunctionName, ReservedConcurrentExecutions: places } = Properties;
        return places === undefined ? [] : [[FunctionName, places]];
      });
    expect(reserved(full)).toEqual([['sluice-prod-drain-queue', 5]]);
    expect(reserved(plain)).toEqual([['sluice-dev-drain-queue', 2]]);
    expect(reserved(resting)).toEqual([]);
  });

  test('a woken drain is named to those who wake it, and to nobody else', () => {
    const wake = {
      SLUICE_WAKE_INTERVAL_MS: '1000',
      SLUICE_DRAIN_FUNCTION: 'sluice-prod-drain-queue',
    };
    expect(deployedFunction(full, 'submit-order').env).toMatchObject(wake);
    expect(deployedFunction(full, 'submit-batch').env).toMatchObject(wake);
    expect(deployedFunction(full, 'drain-queue').env).toHaveProperty('SLUICE_WAKE_INTERVAL_MS');
    expect(deployedFunction(full, 'stats').env).not.toHaveProperty('SLUICE_DRAIN_FUNCTION');
    expect(deployedFunction(plain, 'submit-order').env).not.toHaveProperty('SLUICE_DRAIN_FUNCTION');
  });

  test('nothing runs by itself where the schedule is off', () => {
    const states = (template: Template) =>
      new Set(propertiesOf(template, 'AWS::Events::Rule').map(({ State }) => State));
    expect(states(resting)).toEqual(new Set(['DISABLED']));
    expect(states(full)).toEqual(new Set(['ENABLED']));
  });

  test('the outputs say where the API is, where failures are, and how the functions are called', () => {
    expect(plain.Outputs).toMatchObject({
      FailureQueueUrl: { Value: { Ref: 'FailureQueue' } },
      SubmitOrderFunction: { Value: { Ref: 'SubmitDashorderLambdaFunction' } },
      DrainQueueFunction: { Value: { Ref: 'DrainDashqueueLambdaFunction' } },
    });
    expect(Object.keys(plain.Outputs).filter((name) => name.endsWith('Function'))).toHaveLength(
      FUNCTIONS.length,
    );
  });
}
