import type { Stage } from './stage.ts';

/** A domain of your own for the API. The DNS record is yours to make: the outputs say where it points. */
export function domain(stage: Stage) {
  const name = stage.get('SLUICE_DOMAIN');
  const Description = 'The address of the API.';
  if (name === '') {
    const Value = { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] };
    return { Outputs: { ApiUrl: { Description, Value } } };
  }
  return {
    Resources: {
      ApiDomain: {
        Type: 'AWS::ApiGatewayV2::DomainName',
        Properties: {
          DomainName: name,
          DomainNameConfigurations: [
            {
              CertificateArn: stage.get('SLUICE_CERTIFICATE_ARN'),
              EndpointType: 'REGIONAL',
              SecurityPolicy: 'TLS_1_2',
            },
          ],
        },
      },
      ApiDomainMapping: {
        Type: 'AWS::ApiGatewayV2::ApiMapping',
        Properties: {
          ApiId: { Ref: 'HttpApi' },
          DomainName: { Ref: 'ApiDomain' },
          Stage: { Ref: 'HttpApiStage' },
        },
      },
    },
    Outputs: {
      ApiUrl: { Description, Value: `https://${name}` },
      DomainTarget: {
        Description: 'Where the DNS record of the domain must point, as a CNAME or an alias.',
        Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalDomainName'] },
      },
      DomainTargetHostedZone: {
        Description: 'The hosted zone of that, for an alias record in Route 53.',
        Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalHostedZoneId'] },
      },
    },
  };
}
