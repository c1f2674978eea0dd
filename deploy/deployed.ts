import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Deployed } from './outputs.ts';

/** What a stage was deployed with, as its template says. */
function deployedIn(template: string): Deployed | undefined {
  const { Metadata } = JSON.parse(template) as { Metadata?: { Sluice?: Deployed } };
  return Metadata?.Sluice;
}

/** @returns `undefined` where there is no such stack yet */
export async function deployedStack(
  config: CloudFormationClientConfig,
  StackName: string,
): Promise<Deployed | undefined> {
  const client = new CloudFormationClient(config);
  const request = new GetTemplateCommand({ StackName, TemplateStage: 'Original' });
  const { TemplateBody } = (await orNone(client.send(request))) ?? {};
  return TemplateBody === undefined || TemplateBody === '' ? undefined : deployedIn(TemplateBody);
}

/** The outputs of a stack; none where there is no such stack yet. */
export async function outputsOfStack(
  config: CloudFormationClientConfig,
  StackName: string,
): Promise<Readonly<Record<string, string>>> {
  const client = new CloudFormationClient(config);
  const found = await orNone(client.send(new DescribeStacksCommand({ StackName })));
  const entries = found?.Stacks?.[0]?.Outputs ?? [];
  return Object.fromEntries(entries.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

/** What an earlier deployment had, out of the bucket that keeps them. */
export async function earlierDeployment(
  config: CloudFormationClientConfig,
  { stage, stackName, timestamp }: { stage: string; stackName: string; timestamp: string },
): Promise<Deployed | undefined> {
  const { ServerlessDeploymentBucketName: Bucket } = await outputsOfStack(config, stackName);
  const date = new Date(/^\d+$/.test(timestamp) ? Number(timestamp) : timestamp);
  if (Bucket === undefined || Number.isNaN(date.getTime())) return undefined;
  const folder = `serverless/sluice/${stage}/${date.getTime()}-${date.toISOString()}`;
  const Key = `${folder}/compiled-cloudformation-template.json`;
  const s3 = new S3Client(config as object);
  const found = await s3.send(new GetObjectCommand({ Bucket, Key })).catch((error: Error) => {
    // osls says that there is none, with the list of those that there are.
    if (error.name === 'NoSuchKey') return undefined;
    throw error;
  });
  const body = await found?.Body?.transformToString();
  return body === undefined ? undefined : deployedIn(body);
}

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) return undefined;
    throw error;
  }
}
