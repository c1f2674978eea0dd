import { type Account, arnOf } from '../account.ts';
import { policy, role } from './access.ts';
import { invokeConfig, lambdaFunction, permission, version } from './compute.ts';
import { api, authorizer, integration, route, rule, stage } from './edges.ts';
import type { ResourceType } from './resource.ts';
import { bucket, kept, logGroup, queue } from './storage.ts';

const itself = (_: Account, id: string) => id;
const topicArn = (account: Account, name: string) => arnOf(account, 'sns', name);
const alarmArn = (account: Account, name: string) => arnOf(account, 'cloudwatch', `alarm:${name}`);

/** What a template of this project may have. A type that is not here is refused. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Authorizer': authorizer,
  'AWS::ApiGatewayV2::Integration': integration,
  'AWS::ApiGatewayV2::Route': route,
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CloudWatch::Alarm': kept('AWS::CloudWatch::Alarm', {
    required: ['ComparisonOperator', 'EvaluationPeriods'],
    attributes: { Arn: alarmArn },
    named: 'AlarmName',
  }),
  'AWS::CloudWatch::Dashboard': kept('AWS::CloudWatch::Dashboard', {
    required: ['DashboardBody'],
    named: 'DashboardName',
  }),
  'AWS::Events::Rule': rule,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::Role': role,
  'AWS::Lambda::EventInvokeConfig': invokeConfig,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': permission,
  'AWS::Lambda::Version': version,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': kept('AWS::Logs::MetricFilter', {
    required: ['FilterPattern', 'LogGroupName', 'MetricTransformations'],
  }),
  'AWS::Logs::QueryDefinition': kept('AWS::Logs::QueryDefinition', {
    required: ['Name', 'QueryString'],
    attributes: { QueryDefinitionId: itself },
  }),
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': kept('AWS::S3::BucketPolicy', {
    required: ['Bucket', 'PolicyDocument'],
  }),
  'AWS::SNS::Subscription': kept('AWS::SNS::Subscription', { required: ['Protocol', 'TopicArn'] }),
  'AWS::SNS::Topic': kept('AWS::SNS::Topic', {
    attributes: { TopicArn: itself, TopicName: (_, id) => id.split(':').at(-1) ?? id },
    named: 'TopicName',
    idOf: topicArn,
  }),
  'AWS::SNS::TopicPolicy': kept('AWS::SNS::TopicPolicy', {
    required: ['PolicyDocument', 'Topics'],
  }),
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': kept('AWS::SQS::QueuePolicy', {
    required: ['PolicyDocument', 'Queues'],
  }),
};
