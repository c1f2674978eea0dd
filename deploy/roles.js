import { isOn } from './is-on.js';
import { logicalIdsOf } from './logical-ids.js';
import { FUNCTIONS, parameterName, secretsOf } from './secrets.js';
import { SettingFault } from './setting-fault.js';
import { tagListOf } from './tags.js';
import { wakeIntervalMs } from './wake.js';

/**
 * A role for each function, with the actions that its code needs and the resources that it needs
 * them on. No log group can be created by any of them: they are in the template.
 */

/** Invoked by schedules, so that Lambda may have to put away an event that they failed over. */
const SCHEDULED = ['drain-queue', 'announce-events', 'maintain'];
/** Start a drain, where SLUICE_WAKE_INTERVAL_MS is set. */
const WAKING = ['submit-order', 'submit-batch'];

/** The key that the parameters are encrypted with, where it is not the one that AWS keeps for SSM. */
const kmsKeyArn = process.env.SLUICE_KMS_KEY_ARN || '';
if (kmsKeyArn !== '' && !/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(kmsKeyArn)) {
  throw new SettingFault(
    'SLUICE_KMS_KEY_ARN is wrong: it must be the ARN of a KMS key, not of an alias.',
  );
}

/** Whether X-Ray traces the functions. */
export const isTraced = isOn('SLUICE_XRAY', false);

export async function resources({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const roles = FUNCTIONS.map((name) => [logicalIdsOf(name).role, roleOf(name, stage)]);
  return { Resources: Object.fromEntries(roles) };
}

function roleOf(name, stage) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What the function ${name} of Sluice may do.`,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: name,
          PolicyDocument: { Version: '2012-10-17', Statement: statementsOf(name, stage) },
        },
      ],
      Tags: tagListOf(stage),
    },
  };
}

function statementsOf(name, stage) {
  const parameters = secretsOf(name).map((secret) => arnOfParameter(parameterName(secret, stage)));
  return [
    allow('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], {
      // The ARN of a log group ends in ":*": all streams of this group.
      'Fn::GetAtt': [logicalIdsOf(name).logGroup, 'Arn'],
    }),
    ...(parameters.length === 0 ? [] : [allow('ReadSecrets', ['ssm:GetParameters'], parameters)]),
    ...(parameters.length === 0 || kmsKeyArn === '' ? [] : [decrypt(parameters)]),
    ...(SCHEDULED.includes(name) ? [sendFailures] : []),
    ...(WAKING.includes(name) && wakeIntervalMs !== '' ? [startDrains] : []),
    ...(isTraced ? [trace] : []),
  ];
}

function allow(Sid, Action, Resource) {
  return { Sid, Effect: 'Allow', Action, Resource };
}

function arnOfParameter(parameter) {
  const arn = `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${parameter}`;
  return { 'Fn::Sub': arn };
}

/** Only what SSM asks for on the function's behalf, and only for its own parameters. */
function decrypt(parameters) {
  return {
    ...allow('DecryptSecrets', ['kms:Decrypt'], kmsKeyArn),
    Condition: {
      StringEquals: {
        'kms:ViaService': { 'Fn::Sub': `ssm.\${AWS::Region}.\${AWS::URLSuffix}` },
        'kms:EncryptionContext:PARAMETER_ARN': parameters,
      },
    },
  };
}

const sendFailures = allow('SendFailures', ['sqs:SendMessage'], {
  'Fn::GetAtt': ['FailureQueue', 'Arn'],
});

const startDrains = allow('StartDrains', ['lambda:InvokeFunction'], {
  'Fn::GetAtt': [logicalIdsOf('drain-queue').lambda, 'Arn'],
});

/**
 * X-Ray knows no resources: AWS takes these two actions for "*" alone.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
 */
const trace = allow('Trace', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');
