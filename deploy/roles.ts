import { type Functions, wakes } from './functions.ts';
import { logicalIdsOf } from './logical-ids.ts';
import { secretNames } from './secrets.ts';
import type { Stage } from './stage.ts';

/**
 * A role for each function, with the actions that its code needs and the resources that it needs
 * them on. None of them can create a log group: those are in the template.
 */
export function roles(stage: Stage, functions: Functions) {
  const made = Object.entries(functions).map(([name, entry]) => {
    const statements = [
      writeLogs(name),
      readSecrets(stage, name),
      ...decrypt(stage, name),
      ...(entry.destinations === undefined ? [] : [SEND_FAILURES]),
      ...(wakes(stage, name) ? [START_DRAINS] : []),
    ];
    return [logicalIdsOf(name).role, roleOf(stage, name, statements)];
  });
  return { Resources: Object.fromEntries(made) };
}

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

function roleOf(stage: Stage, name: string, statements: readonly Statement[]) {
  const boundary = stage.get('SLUICE_PERMISSIONS_BOUNDARY');
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  const allowed = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What the function ${name} of Sluice may do.`,
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [
        { PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: allowed } },
      ],
      ...(boundary !== '' && { PermissionsBoundary: boundary }),
    },
  };
}

function writeLogs(name: string): Statement {
  return {
    Sid: 'WriteLogs',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    // The ARN of a log group ends in ":*": all streams of this group.
    Resource: { 'Fn::GetAtt': [logicalIdsOf(name).logGroup, 'Arn'] },
  };
}

function readSecrets(stage: Stage, name: string): Statement {
  const Resource = secretArns(stage, name);
  return { Sid: 'ReadSecrets', Action: ['secretsmanager:GetSecretValue'], Resource };
}

/** Secrets Manager puts a dash and six characters of its own behind a name. */
function secretArns(stage: Stage, name: string) {
  const arn = `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret`;
  return secretNames(stage, name).map((secret) => ({ 'Fn::Sub': `${arn}:${secret}-??????` }));
}

/** With a key of your own: only what Secrets Manager asks on the function's behalf, for its secrets. */
function decrypt(stage: Stage, name: string): Statement[] {
  const key = stage.get('SLUICE_KMS_KEY_ARN');
  if (key === '') return [];
  const Condition = {
    StringEquals: {
      'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}` },
    },
    StringLike: { 'kms:EncryptionContext:SecretARN': secretArns(stage, name) },
  };
  return [{ Sid: 'DecryptSecrets', Action: ['kms:Decrypt'], Resource: key, Condition }];
}

const SEND_FAILURES: Statement = {
  Sid: 'SendFailures',
  Action: ['sqs:SendMessage'],
  Resource: { 'Fn::GetAtt': ['FailureQueue', 'Arn'] },
};

const START_DRAINS: Statement = {
  Sid: 'StartDrains',
  Action: ['lambda:InvokeFunction'],
  Resource: { 'Fn::GetAtt': [logicalIdsOf('drain-queue').lambda, 'Arn'] },
};
