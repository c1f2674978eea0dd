import { SettingFault } from './setting-fault.js';
import { tags } from './tags.js';

/**
 * A name of one's own for the API, where SLUICE_DOMAIN and SLUICE_CERTIFICATE_ARN are set. The DNS
 * record is one's own to make: the outputs say where it must lead.
 */
const { SLUICE_DOMAIN: domain = '', SLUICE_CERTIFICATE_ARN: certificateArn = '' } = process.env;

const isOwn = domain !== '' || certificateArn !== '';

if (
  isOwn &&
  !(/^[a-z0-9.-]+\.[a-z]{2,}$/.test(domain) && /^arn:aws[a-z-]*:acm:/.test(certificateArn))
) {
  throw new SettingFault(
    'SLUICE_DOMAIN and SLUICE_CERTIFICATE_ARN go together: a name in lower case, and the ARN of its ' +
      'certificate in ACM, in the region of the stage.',
  );
}

/** Else the API could be called past the domain, and past what stands before that. */
export const isDefaultEndpointDisabled = isOwn;

export async function resources(variables) {
  if (!isOwn) return { Outputs: { ApiUrl: { Description: URL_OF_API, Value: DEFAULT_URL } } };
  return {
    Resources: {
      ApiDomain: {
        Type: 'AWS::ApiGatewayV2::DomainName',
        Properties: {
          DomainName: domain,
          DomainNameConfigurations: [
            {
              CertificateArn: certificateArn,
              EndpointType: 'REGIONAL',
              SecurityPolicy: 'TLS_1_2',
            },
          ],
          Tags: await tags(variables),
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
      ApiUrl: { Description: URL_OF_API, Value: `https://${domain}` },
      DomainTarget: {
        Description: 'What the DNS record of the domain must lead to: a CNAME, or an alias.',
        Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalDomainName'] },
      },
      DomainTargetHostedZone: {
        Description: 'The hosted zone of that, which an alias record of Route 53 asks for.',
        Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalHostedZoneId'] },
      },
    },
  };
}

const URL_OF_API = 'Where the API is called.';
const DEFAULT_URL = { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] };
