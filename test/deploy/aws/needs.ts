import { type Account, arnOf, type Credentials, type StackResource } from './account.ts';
import { authorize } from './policies.ts';
import type { AwsRequest } from './request.ts';

/** What somebody must be allowed for what they ask. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  /** What conditions of a policy may ask for. */
  readonly context?: Readonly<Record<string, string>>;
}

/** @throws AwsFault where the role of the caller does not allow one of them */
export function authorizeAll(account: Account, caller: Credentials, needs: readonly Need[]): void {
  const { roleArn, name } = caller;
  if (roleArn === undefined) return;
  for (const need of needs) authorize(account, roleArn, { caller: name, ...need });
}

/** What a request to S3 or CloudFormation needs by itself. */
export function needsOfRequest(
  account: Account,
  service: string,
  { action, request }: { readonly action: string; readonly request: AwsRequest },
): readonly Need[] {
  if (service === 'cloudformation') {
    const name = new URLSearchParams(request.body.toString()).get('StackName') ?? '';
    const stack = name.startsWith('arn:')
      ? name
      : arnOf(account, 'cloudformation', `stack/${name}/*`);
    const resource = action === 'ValidateTemplate' ? '*' : stack;
    return [{ action: `cloudformation:${action}`, resource }];
  }
  if (service !== 's3') return [];
  const [bucket = '', ...key] = decodeURIComponent(request.path.slice(1)).split('/');
  if (/Bucket|List/.test(action)) return onS3('ListBucket', bucket);
  if (action === 'DeleteObjects') return onS3('DeleteObject', `${bucket}/*`);
  return onS3(action.replace('Head', 'Get'), [bucket, ...key].join('/'));
}

function onS3(action: string, name: string): readonly Need[] {
  return [{ action: `s3:${action}`, resource: `arn:aws:s3:::${name}` }];
}

/** The actions of a deployer behind a resource of a template, and on what. */
interface Behind {
  readonly make: string;
  readonly remove: string;
  readonly on: (account: Account, resource: StackResource) => string;
}

const attribute =
  (name: string) =>
  (_: Account, { attributes }: StackResource) =>
    attributes[name] ?? '';

const apigateway =
  (path: (id: string) => string) =>
  ({ region }: Account, one: StackResource) => {
    const { ApiId = one.physicalId } = one.properties as { ApiId?: string };
    return `arn:aws:apigateway:${region}::${path(ApiId)}`;
  };

const ofFunction = ({ functions }: Account, { properties }: StackResource) => {
  const { FunctionName } = properties as { FunctionName: string };
  return functions.get(FunctionName)?.arn ?? FunctionName;
};

const route = (kind: string): Behind => ({
  make: 'apigateway:POST',
  remove: 'apigateway:DELETE',
  on: apigateway((id) => `/apis/${id}/${kind}`),
});

/**
 * The actions that matter of those that AWS's registry of resource types names for each.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const BEHIND: Readonly<Record<string, Behind>> = {
  'AWS::ApiGatewayV2::Api': {
    make: 'apigateway:POST apigateway:TagResource',
    remove: 'apigateway:DELETE',
    on: apigateway((id) => `/apis/${id}`),
  },
  'AWS::ApiGatewayV2::Authorizer': route('authorizers'),
  'AWS::ApiGatewayV2::Integration': route('integrations'),
  'AWS::ApiGatewayV2::Route': route('routes'),
  'AWS::ApiGatewayV2::Stage': route('stages'),
  'AWS::CloudWatch::Alarm': {
    make: 'cloudwatch:PutMetricAlarm cloudwatch:TagResource',
    remove: 'cloudwatch:DeleteAlarms',
    on: attribute('Arn'),
  },
  'AWS::CloudWatch::Dashboard': {
    make: 'cloudwatch:PutDashboard',
    remove: 'cloudwatch:DeleteDashboards',
    on: ({ id }, { physicalId }) => `arn:aws:cloudwatch::${id}:dashboard/${physicalId}`,
  },
  'AWS::Events::Rule': {
    make: 'events:PutRule events:PutTargets events:TagResource',
    remove: 'events:RemoveTargets events:DeleteRule',
    on: attribute('Arn'),
  },
  'AWS::IAM::Role': {
    make: 'iam:CreateRole iam:PutRolePolicy iam:TagRole iam:GetRole',
    remove: 'iam:DeleteRolePolicy iam:DeleteRole',
    on: attribute('Arn'),
  },
  'AWS::Lambda::EventInvokeConfig': {
    make: 'lambda:PutFunctionEventInvokeConfig',
    remove: 'lambda:DeleteFunctionEventInvokeConfig',
    on: ofFunction,
  },
  'AWS::Lambda::Function': {
    make: 'lambda:CreateFunction lambda:PutFunctionConcurrency lambda:TagResource',
    remove: 'lambda:DeleteFunction',
    on: attribute('Arn'),
  },
  'AWS::Lambda::Permission': {
    make: 'lambda:AddPermission',
    remove: 'lambda:RemovePermission',
    on: ofFunction,
  },
  'AWS::Logs::LogGroup': {
    make: 'logs:CreateLogGroup logs:PutRetentionPolicy logs:TagResource',
    remove: 'logs:DeleteLogGroup',
    on: attribute('Arn'),
  },
  'AWS::S3::Bucket': {
    make: 's3:CreateBucket s3:PutEncryptionConfiguration s3:PutBucketPublicAccessBlock',
    remove: 's3:DeleteBucket',
    on: attribute('Arn'),
  },
  'AWS::S3::BucketPolicy': {
    make: 's3:PutBucketPolicy',
    remove: 's3:DeleteBucketPolicy',
    on: (_, { properties }) => `arn:aws:s3:::${(properties as { Bucket: string }).Bucket}`,
  },
  'AWS::SNS::Topic': {
    make: 'sns:CreateTopic sns:TagResource',
    remove: 'sns:DeleteTopic',
    on: attribute('TopicArn'),
  },
  'AWS::SQS::Queue': {
    make: 'sqs:CreateQueue sqs:TagQueue sqs:GetQueueAttributes',
    remove: 'sqs:DeleteQueue',
    on: attribute('Arn'),
  },
};

/** What making or removing a resource needs, of whoever has CloudFormation do it. */
export function needsOfResource(
  account: Account,
  resource: StackResource,
  step: 'make' | 'remove',
): readonly Need[] {
  const behind = BEHIND[resource.type];
  if (behind === undefined) return [];
  const on = behind.on(account, resource);
  const { PermissionsBoundary: boundary } = resource.properties as { PermissionsBoundary?: string };
  const context = boundary === undefined ? {} : { 'iam:PermissionsBoundary': boundary };
  const own = behind[step].split(' ').map((action) => ({ action, resource: on, context }));
  return step === 'make' ? [...own, ...furtherNeeds(resource)] : own;
}

/** On what a resource only refers to. */
function furtherNeeds({ type, properties }: StackResource): readonly Need[] {
  if (type === 'AWS::ApiGatewayV2::Stage' && 'AccessLogSettings' in properties) {
    return [{ action: 'logs:CreateLogDelivery', resource: '*' }];
  }
  if (type !== 'AWS::Lambda::Function') return [];
  const { Role, Code } = properties as { Role: string; Code: { S3Bucket: string; S3Key: string } };
  const context = { 'iam:PassedToService': 'lambda.amazonaws.com' };
  return [
    { action: 'iam:PassRole', resource: Role, context },
    ...onS3('GetObject', `${Code.S3Bucket}/${Code.S3Key}`),
  ];
}
