import { SecretContended, SecretMalformed } from '../../deploy/secret-store.ts';
import { CommandFailure } from '../failure.ts';

/** Errors of AWS as an operator can act on them. */
export async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const fault = error instanceof Error ? error : new Error('unknown');
    throw new CommandFailure(`${messageOf(fault)}\n${adviceOn(fault)}`, { cause: error });
  }
}

function messageOf({ name, message }: Error): string {
  if (name === 'CredentialsProviderError') return 'No AWS credentials were found.';
  if (name === 'SecretContended' || name === 'SecretMalformed') return message;
  return `AWS refused (${name}): ${message}`;
}

function adviceOn(error: Error): string {
  const { name } = error;
  if (error instanceof SecretContended) return 'Nothing was changed. Run it again.';
  if (error instanceof SecretMalformed)
    return 'Nothing was changed. Correct or delete that secret first.';
  if (typeof (error as NodeJS.ErrnoException).code === 'string') {
    return 'Check --region or AWS_REGION, and whether this machine is online.';
  }
  if (name === 'AccessDeniedException') {
    return 'docs/deploy.md, "Rights", lists what whoever deploys and whoever keeps secrets may do.';
  }
  if (name === 'InvalidRequestException') {
    return (
      'A secret that was deleted keeps its name for some days. To have it back:\n' +
      'aws secretsmanager restore-secret --secret-id sluice/<stage>'
    );
  }
  return (
    'The AWS command line’s credentials are used: AWS_PROFILE, or AWS_ACCESS_KEY_ID and\n' +
    'AWS_SECRET_ACCESS_KEY. `aws sts get-caller-identity` tells whether they work.'
  );
}
