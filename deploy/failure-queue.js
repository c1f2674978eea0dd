import { tagListOf } from './tags.js';

const DAYS_14_S = 14 * 24 * 60 * 60;

/** `destinations` of a function: where Lambda puts an event that the function failed over. */
export const destinations = {
  onFailure: { type: 'sqs', arn: { 'Fn::GetAtt': ['FailureQueue', 'Arn'] } },
};

/**
 * One queue for the events of the schedules that were given up: with what was asked, how often it was
 * tried, and the error. Nobody reads it but a person; what it holds is for looking, not for replay,
 * as the next run of the schedule does what the failed one did not.
 */
export async function resources({ resolveVariable }) {
  const Tags = tagListOf(await resolveVariable('sls:stage'));
  return {
    Resources: {
      FailureQueue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          MessageRetentionPeriod: DAYS_14_S,
          SqsManagedSseEnabled: true,
          Tags,
        },
      },
      // Allows nothing: who may send is said by the functions' roles. It denies what is not TLS.
      FailureQueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'FailureQueue' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'DenyWithoutTls',
                Effect: 'Deny',
                Principal: '*',
                Action: [
                  'sqs:SendMessage',
                  'sqs:ReceiveMessage',
                  'sqs:DeleteMessage',
                  'sqs:PurgeQueue',
                ],
                Resource: { 'Fn::GetAtt': ['FailureQueue', 'Arn'] },
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      },
    },
  };
}
