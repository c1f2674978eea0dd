import { SettingFault } from './setting-fault.js';
import { tagListOf } from './tags.js';

/**
 * Whom alarms tell: a topic, and an e-mail address at it where SLUICE_ALARM_EMAIL names one. Chats and
 * pagers are subscribed to it by hand.
 *
 * It has no KMS key. CloudWatch may not use the one that AWS keeps for SNS, so that an alarm would
 * tell nobody, and one of one's own is a dollar a month; SNS encrypts its disks in any case, and what
 * an alarm says is names and numbers.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-data-encryption.html
 */
const email = process.env.SLUICE_ALARM_EMAIL || '';
if (email !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
  throw new SettingFault('SLUICE_ALARM_EMAIL is wrong: it must be an e-mail address.');
}

const topic = { Ref: 'AlarmTopic' };
const alarms = `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:*`;

/** Only the alarms of this account and region may publish, and nobody without TLS. */
const Statement = [
  {
    Sid: 'AllowAlarms',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: topic,
    Condition: {
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      ArnLike: { 'aws:SourceArn': { 'Fn::Sub': alarms } },
    },
  },
  {
    Sid: 'DenyWithoutTls',
    Effect: 'Deny',
    Principal: '*',
    Action: ['sns:Publish', 'sns:Subscribe'],
    Resource: topic,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
];

export async function resources({ resolveVariable }) {
  const Tags = tagListOf(await resolveVariable('sls:stage'));
  const subscription = {
    AlarmSubscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: topic, Protocol: 'email', Endpoint: email },
    },
  };
  return {
    Resources: {
      AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { Tags } },
      AlarmTopicPolicy: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: {
          Topics: [topic],
          PolicyDocument: { Version: '2012-10-17', Statement },
        },
      },
      ...(email !== '' && subscription),
    },
    Outputs: {
      AlarmTopicArn: { Description: 'The topic that alarms are told to.', Value: topic },
    },
  };
}
